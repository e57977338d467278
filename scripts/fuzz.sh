#!/usr/bin/env bash
# Builds the fuzz targets (tests/fuzz, one a reader; clang with ASan and UBSan) and runs them.
#   scripts/fuzz.sh [--seconds N | --total N] [--jobs N] [TARGET…]
#     --seconds N  each target once, N seconds (default 60)
#     --total N    one target after the other, a minute each, until all runs ever counted here have N executions;
#                  may be stopped at any time and goes on where it was
#     --jobs N     targets at the same time (default 1)
# Inputs that reach something new are kept in build/fuzz/corpus/TARGET, which begins as tests/fuzz/corpus/TARGET;
# executions of every run in build/fuzz/executions.tsv. An input that shows a fault stays in build/fuzz/faults, with
# what its run said beside it. Fails where there is one.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

seconds=60 total=0 jobs=1 targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds | --total | --jobs) declare "${1#--}=${2:?"$1 needs a number"}"; shift ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    -*) die "unknown option '$1'; scripts/fuzz.sh --help lists what there is" ;;
    *) targets+=("$1") ;;
  esac
  shift
done

build=$root/build/fuzz
clang=$(clang_tool clang++)
options=("-DCMAKE_CXX_COMPILER=$clang" "-DCMAKE_C_COMPILER=${clang/clang++/clang}")
[ -z "${TORCH_DIR:-}" ] || options+=("-DEIDA_TORCH=$TORCH_DIR")
cmake --preset fuzz "${options[@]}" >/dev/null
[ "${#targets[@]}" -gt 0 ] || mapfile -t targets < <(sed -n 's/^eida_add_fuzzer(\([a-z_]*\).*/\1/p' tests/fuzz/CMakeLists.txt)
cmake --build "$build" -j "${EIDA_JOBS:-$(nproc)}" --target "${targets[@]/#/fuzz_}" >&2

counts=$build/executions.tsv  # target, executions, seconds, exit code, a line a run
mkdir -p "$build/faults"
touch "$counts"
export ASAN_OPTIONS=detect_odr_violation=0:quarantine_size_mb=64:detect_stack_use_after_return=0
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$root/tests/support/leaks.txt:print_suppressions=0

# fuzz TARGET SECONDS: one run, counted.
fuzz() {
  local target=$1 corpus=$build/corpus/$1 kept=tests/fuzz/corpus/$1 log=$build/$1.log code=0 began=$SECONDS
  mkdir -p "$corpus"
  local inputs=("$corpus")
  [ ! -d "$kept" ] || inputs+=("$kept")
  [ ! -e "tests/fuzz/corpus/$target.dict" ] || inputs+=("-dict=tests/fuzz/corpus/$target.dict")
  "$build/bin/fuzz_$target" "${inputs[@]}" -max_total_time="$2" -print_final_stats=1 -timeout=10 -rss_limit_mb=2048 \
    -malloc_limit_mb=512 -max_len=8192 -close_fd_mask=2 -artifact_prefix="$build/faults/$target-" >"$log" 2>&1 || code=$?
  local executions
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  [ -n "$executions" ] || executions=$(sed -n 's/^#\([0-9]*\)\t.*/\1/p' "$log" | tail -n 1)
  printf '%s\t%s\t%s\t%s\n' "$target" "${executions:-0}" "$((SECONDS - began))" "$code" >>"$counts"
  local input
  for input in $(sed -n 's/^artifact_prefix=.*Test unit written to //p' "$log"); do
    cp "$log" "$input.log"
    say "FAULT in $target: $build/bin/fuzz_$target $input"
    grep -m 1 -E 'SUMMARY|ERROR: libFuzzer' "$log" >&2 || true
  done
  return 0
}

executed() { awk -F '\t' '{ sum += $2 } END { printf "%d", sum }' "$counts"; }

first=$(($(wc -l <"$counts") + 1))
if [ "$total" -gt 0 ]; then
  while [ "$(executed)" -lt "$total" ]; do
    for target in "${targets[@]}"; do fuzz "$target" 60; done
  done
  first=1
else
  for target in "${targets[@]}"; do
    while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do wait -n; done
    fuzz "$target" "$seconds" &
  done
  wait
fi
awk -F '\t' -v first="$first" '
  BEGIN { printf "%-14s %13s %9s %7s\n", "target", "executions", "seconds", "faults" }
  function row(name, e, s, f) { printf "%-14s %13d %9d %7d\n", name, e, s, f }
  NR >= first { if (!($1 in e)) names[++n] = $1; e[$1] += $2; s[$1] += $3; f[$1] += $4 != 0 }
  END {
    for (i = 1; i <= n; i++) { row(names[i], e[names[i]], s[names[i]], f[names[i]]); E += e[names[i]]; S += s[names[i]]; F += f[names[i]] }
    row("all", E, S, F)
    exit F > 0
  }' "$counts"

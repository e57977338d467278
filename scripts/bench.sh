#!/usr/bin/env bash
# Every bench, those that have a Python peer beside it in turn, and what they print into docs/benchmarks.md.
#   scripts/bench.sh PEERS [REPEATS [PART…]]      default: 3, and all parts:
#     sampling training tokenizers evaluation generation growth profile tokens large-models
# Environment: EIDA_BENCH_PAGE (docs/benchmarks.md), EIDA_DATA, and what bench/race_lib.sh reads. A part takes the place of what
# stands between its markers as soon as it is done, so parts can be run again alone; runs/bench/ keeps each as it was printed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peers=$(realpath "${1:?folder of the Python peers}") repeats=${2:-3}
parts=("${@:3}")
[ ${#parts[@]} -gt 0 ] || parts=(sampling training tokenizers evaluation generation growth profile tokens large-models)
cd "$root"
EIDA_DATA=$(data_dir)
export EIDA_DATA
page=${EIDA_BENCH_PAGE:-docs/benchmarks.md} bin=${EIDA_BUILD:-build/release}/bin python=${EIDA_PYTHON:-$venv/bin/python}
results=$root/runs/bench
mkdir -p "$results"

cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)
today=$(date -u +%F)
revision=$("$bin/eida-train" --version | sed -E 's/.*revision ([0-9a-f]{7})[0-9a-f]*(-dirty)?.*/\1\2/')

# Machine and versions, as Markdown.
machine() {
  local vectors
  vectors=$(grep -m 1 ^flags /proc/cpuinfo | grep -oE ' (avx2|avx512f|avx512_bf16|amx_bf16)' | paste -sd , || true)
  printf '%s, %s cores (%s), %s MiB of memory, %s, %s. %s. ' "$cpu" "$(nproc)" "${vectors# }" \
    "$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)" "$(. /etc/os-release && echo "$PRETTY_NAME")" \
    "$(c++ --version | head -n 1)" "$("$bin/eida-train" --version)"
  "$python" -c 'import platform, tokenizers, torch, transformers
print(f"Python {platform.python_version()}, PyTorch and LibTorch {torch.__version__}, transformers {transformers.__version__},",
      f"tokenizers {tokenizers.__version__}.", end=" ")' 2>/dev/null
  printf 'Last run: %s.\n' "$today"
}

run_part() {
  case $1 in
    sampling) bench/race.sh "$peers" "$repeats" ;;
    training) bench/train_race.sh "$peers" "$repeats" ;;
    tokenizers)
      "$python" bench/tokenize_race.py --bench "$bin/eida_tokenize_bench" --data "$EIDA_DATA" --minilm "$(minilm_dir)" \
        --threads 1,2 --rounds "$repeats"
      ;;
    evaluation) bench/eval_race.sh "$peers" "$repeats" ;;
    generation) bench/generate_race.sh "$peers" "$repeats" ;;
    growth)
      "$python" bench/growth.py --bin "$bin" --data "$EIDA_DATA" --out "$(dirname "$page")/images" --rounds "$repeats"
      printf '\n![Time and peak memory over size, eleven panels](images/growth.svg)\n'
      ;;
    profile) bench/profile.sh "$peers" ;;
    tokens) "$python" bench/token_memory.py "$(minilm_dir)" ;;
    large-models) "$python" bench/large_models.py "$EIDA_DATA" ;;
    *) die "no part '$1'" ;;
  esac
}

"$python" bench/put_block.py "$page" --check machine "${parts[@]}"
machine | "$python" bench/put_block.py "$page" machine
for part in "${parts[@]}"; do
  say "$part"
  run_part "$part" >"$results/$part.md"
  rounds="$repeats rounds"
  [ "$repeats" -gt 1 ] || rounds="one round"
  [[ ! $part =~ ^(profile|tokens|large-models)$ ]] || rounds="one run each"
  { cat "$results/$part.md" && printf '\n%s, revision %s, %s, %s cores of %s.\n' "$today" "$revision" "$rounds" "$(nproc)" "$cpu"; } |
    "$python" bench/put_block.py "$page" "$part"
done

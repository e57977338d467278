#!/usr/bin/env bash
# clang-tidy on .cpp files, configured as build/release ($EIDA_BUILD) is.
#   scripts/tidy.sh [FILE…]    these files; without: those that changed since the commit $EIDA_TIDY_BASE
#                              (default: 5 commits back) or whose header did, latest change first
# At most $EIDA_TIDY_MAX (30) files, which takes up to four minutes on two cores; the rest is named.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

# A header is checked through the .cpp of the same name, where there is one.
changed_sources() {
  local base=${EIDA_TIDY_BASE:-HEAD~5} range=HEAD
  if git rev-parse -q --verify "$base^{commit}" >/dev/null; then range=$base..HEAD; fi
  { git diff --name-only HEAD && git log --format= --name-only "$range"; } |
    sed -n -e 's|^include/eida/\(.*\)\.h$|src/\1.cpp|' -e 's|\.h$|.cpp|' -e '/\.cpp$/p' | awk '!seen[$0]++'
}

build=${EIDA_BUILD:-build/release} max=${EIDA_TIDY_MAX:-30}
clang_tidy=$(clang_tool clang-tidy)
[ -e "$build/CMakeCache.txt" ] || die "$build is not configured: run scripts/setup.sh"
# Each file by itself and without g++'s precompiled headers, which clang cannot read: it must include what it uses.
commands=$(mktemp -d)
trap 'rm -rf "$commands"' EXIT
cmake -N -LA "$build" | sed -n 's/^\([^: ]*\):\([A-Z]*\)=\(.*\)$/set(\1 "\3" CACHE \2 "")/p' >"$commands/cache.cmake"
cmake -C "$commands/cache.cmake" -S . -B "$commands" -G Ninja -DEIDA_UNITY=OFF -DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON \
  -DCMAKE_EXPORT_COMPILE_COMMANDS=ON >/dev/null
cmake --build "$commands" --target eida_revision >/dev/null  # the one header that is generated
if [ $# -gt 0 ]; then candidates=("$@"); else mapfile -t candidates < <(changed_sources); fi
files=()
for file in "${candidates[@]}"; do  # only what the build compiles
  ! grep -qF "\"file\": \"$root/$file\"" "$commands/compile_commands.json" || files+=("$file")
done
[ "${#files[@]}" -gt 0 ] || { echo "clang-tidy: nothing to check"; exit 0; }
printf 'clang-tidy: checking %s\n' "${files[@]:0:max}"
[ "${#files[@]}" -le "$max" ] || printf 'clang-tidy: not checked, over %s files: %s\n' "$max" "${files[*]:max}"
printf '%s\0' "${files[@]:0:max}" |
  xargs -0 -n 1 -P "$(nproc)" "$clang_tidy" -p "$commands" --quiet --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-fno-openmp  # clang has no omp.h

#!/usr/bin/env bash
# clang-tidy on the .cpp files that changed since a commit, with the compile commands of build/release.
#   scripts/tidy.sh [FILE…]    these files; without: those changed since $EIDA_TIDY_BASE
#                              (default: the commit before the last), and those whose header changed
# At most $EIDA_TIDY_MAX (40) files; the rest is named.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

# A header is checked through the .cpp of the same name, where there is one.
changed_sources() {
  local base=${EIDA_TIDY_BASE:-HEAD~1}
  git rev-parse -q --verify "$base^{commit}" >/dev/null || base=$(git hash-object -t tree /dev/null)
  git diff --name-only --diff-filter=d "$base" -- '*.cpp' '*.h' |
    sed -e 's|^include/eida/\(.*\)\.h$|src/\1.cpp|' -e 's|\.h$|.cpp|' | sort -u
}

build=build/release max=${EIDA_TIDY_MAX:-40}
clang_tidy=$(clang_tool clang-tidy)
[ -e "$build/compile_commands.json" ] || die "no $build/compile_commands.json: run scripts/setup.sh"
if [ $# -gt 0 ]; then candidates=("$@"); else mapfile -t candidates < <(changed_sources); fi
files=()
for file in "${candidates[@]}"; do  # only what the build compiles
  ! grep -qF "\"file\": \"$root/$file\"" "$build/compile_commands.json" || files+=("$file")
done
[ "${#files[@]}" -gt 0 ] || { echo "clang-tidy: nothing to check"; exit 0; }
printf 'clang-tidy: checking %s\n' "${files[@]:0:max}"
[ "${#files[@]}" -le "$max" ] || printf 'clang-tidy: not checked, over %s files: %s\n' "$max" "${files[*]:max}"
printf '%s\0' "${files[@]:0:max}" |
  xargs -0 -n 1 -P "$(nproc)" "$clang_tidy" -p "$build" --quiet --extra-arg=-Wno-unknown-warning-option

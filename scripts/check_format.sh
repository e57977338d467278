#!/usr/bin/env bash
# Fails where a tracked C++ file is not as .clang-format wants it; with --fix, formats them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

clang_format=$(clang_tool clang-format)
mapfile -d '' files < <(git ls-files -z -- '*.h' '*.cpp')
if [ "${1:-}" = --fix ]; then
  "$clang_format" -i "${files[@]}"
  exit
fi
faults=0
for file in "${files[@]}"; do
  "$clang_format" "$file" | cmp -s - "$file" || { echo "$file: not formatted"; faults=$((faults + 1)); }
done
echo "format: ${#files[@]} files, $faults faults (scripts/check_format.sh --fix mends them)"
[ "$faults" -eq 0 ]

#!/usr/bin/env bash
# Fails where a tracked C++ file is not as .clang-format wants it; with --fix, formats them.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

mode=(--dry-run --Werror)
[ "${1:-}" != --fix ] || mode=(-i)
clang_format=$(clang_tool clang-format)
git ls-files -z -- '*.h' '*.cpp' | xargs -0 -r "$clang_format" --style=file "${mode[@]}"

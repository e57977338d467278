#!/usr/bin/env bash
# Builds what needs LibTorch with AddressSanitizer and UndefinedBehaviorSanitizer (preset asan-torch, in
# build/asan-torch) and runs its tests. Takes half an hour on two cores, and once more as long as in a release build.
#   scripts/sanitize.sh [FOLDER…]    folders of tests/ (default: model adapter training measure run)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

folders=("$@")
[ "${#folders[@]}" -gt 0 ] || folders=(model adapter training measure run)
programs=("${folders[@]/#/eida_}")
options=("-DEIDA_MINILM=$(minilm_dir)" "-DEIDA_DATA=$(data_dir)")
[ -z "${TORCH_DIR:-}" ] || options+=("-DEIDA_TORCH=$TORCH_DIR")
cmake --preset asan-torch "${options[@]}" >&2
cmake --build --preset asan-torch -j "${EIDA_JOBS:-$(nproc)}" --target "${programs[@]/%/_tests}" >&2
export ASAN_OPTIONS=detect_odr_violation=0:detect_stack_use_after_return=1:protect_shadow_gap=0
export UBSAN_OPTIONS=print_stacktrace=1
export LSAN_OPTIONS=suppressions=$root/tests/support/leaks.txt:print_suppressions=0
ctest --preset asan-torch --no-label-summary --output-junit ctest.xml -L "^($(IFS='|'; echo "${folders[*]}"))$"

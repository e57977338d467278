#!/usr/bin/env bash
# Sets up, builds, runs all tests; ctest's summary comes last. Arguments (-DNAME=VALUE) go to cmake.
# Tests that need outside data look in $EIDA_DATA; without it they skip.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

scripts/setup.sh --dev "-DEIDA_DATA=$(data_dir)" "$@"
cmake --build --preset release -j "${EIDA_JOBS:-$(nproc)}" >&2
ctest --preset release --no-label-summary --output-junit ctest.xml

#!/usr/bin/env bash
# Sets up, builds, runs all tests; ctest's summary comes last. Arguments (-DNAME=VALUE) go to cmake.
# Tests that need outside data look in $EIDA_DATA, else in shared/data beside the checkout, else they skip.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

data=${EIDA_DATA:-$root/../shared/data}
[ -d "$data" ] || data=
scripts/setup.sh --dev "-DEIDA_DATA=${data:+$(realpath "$data")}" "$@"
ctest --preset release --no-label-summary --output-junit ctest.xml

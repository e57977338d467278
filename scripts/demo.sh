#!/usr/bin/env bash
# Sets up, then the main job on what ships with the set-up: where do the token representations of a real
# pretrained encoder (all-MiniLM-L6-v2) live, on 3,000 generated review sentences?
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

scripts/setup.sh
bin=build/release/bin data=runs/demo-data run=runs/demo
"$bin/make_demo_data" --output "$data"
"$bin/eida-probe" --model "$(minilm_dir)" --task classification --train "$data/reviews-train.tsv" \
  --output "$run" --overwrite
printf '\nCurves, plan and numbers are in %s; open one of\n' "$run"
printf '  %s\n' "$run"/figures/*

#!/usr/bin/env bash
# Sets up, then the whole story on what ships with the set-up, for an encoder and a small decoder: where do the token
# representations live (probe), training inside those subspaces (train, 2 rounds), and scores (evaluate).
# Encoder: all-MiniLM-L6-v2, a real pretrained one, on 2,700 generated review sentences. Decoder: a GPT-2 of 0.9 M
# parameters, from random weights, on 2,700 generated pairs of meaning representation and text.
# Builds the programs that it runs, no tests and no benches. A line says which of how many steps begins.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"
bin=build/release/bin data=runs/demo-data

steps=$(grep -c '^step ' scripts/demo.sh) number=0
step() { number=$((number + 1)); say "step $number of $steps: $1"; }

step "what it needs: Debian packages, LibTorch, MiniLM"
scripts/setup.sh --no-build
step "building the programs"
scripts/setup.sh
step "data"
"$bin/make_demo_data" --output "$data"

encoder=(--config configs/demo-encoder.yaml --train "$data/reviews-train.tsv" --overwrite)
step "encoder: probe"
"$bin/eida-probe" "${encoder[@]}" --model "$(minilm_dir)" --output runs/demo-encoder-probe
say "the first page is there: open $root/runs/demo-encoder-probe/report.html in a browser while the rest goes on"
step "encoder: train"
"$bin/eida-train" "${encoder[@]}" --model "$(minilm_dir)" --dev "$data/reviews-dev.tsv" \
  --rank-plan runs/demo-encoder-probe/rank_plan.json --output runs/demo-encoder
step "encoder: evaluate"
"$bin/eida-eval" --config configs/demo-encoder.yaml --model runs/demo-encoder/best --data "$data/reviews-dev.tsv" \
  --overwrite --output runs/demo-encoder-eval

decoder=(--config configs/demo-decoder.yaml --train "$data/pairs-train.txt" --overwrite)
step "decoder: pretrain"
"$bin/eida-train" "${decoder[@]}" --model configs/demo-gpt2 --set model.init=random --method full --rounds 1 \
  --dev "$data/pairs-dev.txt" --output runs/demo-decoder-base
step "decoder: probe"
"$bin/eida-probe" "${decoder[@]}" --model runs/demo-decoder-base/model --output runs/demo-decoder-probe
step "decoder: train"
"$bin/eida-train" "${decoder[@]}" --model runs/demo-decoder-base/model --dev "$data/pairs-dev.txt" \
  --output runs/demo-decoder
step "decoder: evaluate"
"$bin/eida-eval" --config configs/demo-decoder.yaml --model runs/demo-decoder/model --data "$data/pairs-dev.txt" \
  --overwrite --output runs/demo-decoder-eval

printf '\nEverything is in runs/. Open the pages in a browser, first of all runs/demo-encoder-probe/report.html:\n'
printf '  %s\n' runs/demo-*/report.html
printf 'and read %s (trained texts: %s)\n' runs/demo-encoder/summary.json runs/demo-decoder-eval/predictions.txt

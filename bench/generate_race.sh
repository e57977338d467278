#!/usr/bin/env bash
# Races beam search against transformers' generate, in turn, and prints medians of seconds a prompt, ratios and their
# spread as Markdown.
# Both sides run to the same length without an end token: a random model has no sense of where to stop.
#   bench/generate_race.sh PEERS [REPEATS]      EIDA_DATA: folder with e2e-lora/; the rest: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
rows=${EIDA_DATA:-$(dirname "$peers")/data}/e2e-lora/test.txt

# ours NAME PRECISION OPTION…
ours() { run "$1" "$bin/eida_generate_bench" --model "$models/gpt2-random" --rows "$rows" --precision "${@:2}"; }

for _ in $(seq "$repeats"); do
  ours fp32 fp32 --mrs 32 --new-tokens 30
  peer batch_16 generate_gpt2.py --batch 16 --mrs 32 --new-tokens 30
  ours bf16 bf16 --mrs 32 --new-tokens 30
  peer batch_1 generate_gpt2.py --batch 1 --mrs 8 --new-tokens 30
  ours long_fp32 fp32 --mrs 16 --max-length 144
  peer long_batch_16 generate_gpt2.py --batch 16 --mrs 16 --max-length 144
  ours long_bf16 bf16 --mrs 16 --max-length 144
done
"$python" bench/race_table.py "$lines" "30 new tokens" \
  "float32 | fp32 | batch 1 | batch_1" "float32 | fp32 | batch 16 | batch_16" \
  "bf16 weights and activations | bf16 | batch 1, float32 | batch_1" \
  "bf16 weights and activations | bf16 | batch 16, float32 | batch_16" "to length 144" \
  "float32 | long_fp32 | batch 16 | long_batch_16" \
  "bf16 weights and activations | long_bf16 | batch 16, float32 | long_batch_16"

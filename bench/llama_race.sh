#!/usr/bin/env bash
# Races a decoder of Llama's shape (bench/peers/llama.py, random, 114 million parameters) against transformers and peft, in
# turn: a training step with LoRA on the same length-grouped batches, and beam search. GPT-2's step beside it says what a
# FLOP costs. Prints medians, ratios and their spread as Markdown.
#   bench/llama_race.sh PEERS [REPEATS]      EIDA_DATA: folder with e2e-lora/; the rest: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
llama=$root/bench/peers/llama.py
rows=${EIDA_DATA:-$(dirname "$peers")/data}/e2e-lora/test.txt
export EIDA_MODELS=$models
[ -e "$models/llama-random/model.safetensors" ] || peer made "$llama" make
"$python" bench/peer_rows.py "$peers" e2e 144 "$work/e2e-grouped.txt" --grouped 8

ours() {  # NAME MODEL PRECISION
  run "$1" "$bin/eida_train_bench" --model "$models/$2-random" --task e2e --rows "$work/e2e-grouped.txt" --batch 8 \
    --accumulation 2 --steps 8 --precision "$3" --method lora --sites q v --lora-rank 8
}
generate() {  # NAME PRECISION
  run "$1" "$bin/eida_generate_bench" --model "$models/llama-random" --rows "$rows" --precision "$2" --mrs 32 --new-tokens 30
}

for _ in $(seq "$repeats"); do
  ours fp32 llama fp32
  peer peer_fp32 "$llama" train
  ours bf16 llama bf16
  peer peer_bf16 "$llama" train --bf16
  ours gpt2_fp32 gpt2 fp32
  ours gpt2_bf16 gpt2 bf16
  generate beams_fp32 fp32
  peer peer_beams_fp32 "$llama" generate
  generate beams_bf16 bf16
  peer peer_beams_bf16 "$llama" generate --bf16
done
"$python" bench/race_table.py "$lines" "training step, LoRA" \
  "float32 | fp32 | grouped | peer_fp32" "bf16 | bf16 | grouped | peer_bf16" "beside GPT-2's step" \
  "float32 | fp32 | ours, GPT-2 | gpt2_fp32" "bf16 | bf16 | ours, GPT-2 | gpt2_bf16" "10 beams, 30 new tokens" \
  "float32 | beams_fp32 | batch 16 | peer_beams_fp32" "bf16 weights and activations | beams_bf16 | batch 16 | peer_beams_bf16"

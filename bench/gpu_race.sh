#!/usr/bin/env bash
# The races of training, sampling, generation and classification on a GPU: the same Python peers, run there by
# bench/gpu_peer.py. Prints medians over REPEATS and ratios as Markdown.
#   bench/gpu_race.sh PEERS [REPEATS]      needs EIDA_BUILD built on a CUDA torch, and EIDA_PYTHON with one; the rest: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
data=${EIDA_DATA:-$peers/../data}
"$python" bench/peer_rows.py "$peers" sst2 352 "$work/sst2-grouped.tsv" --grouped 16
"$python" bench/peer_rows.py "$peers" e2e 144 "$work/e2e-grouped.txt" --grouped 8
"$python" bench/peer_rows.py "$peers" sst2 256 "$work/sst2-256.tsv"

gpu_peer() { local name=$1; shift; run "$name" "$python" bench/gpu_peer.py "$peers" "$@"; }
# ours NAME BENCH MODEL OPTION…
ours() {
  local name=$1 bench=$2 model=$3
  shift 3
  run "$name" "$bin/eida_${bench}_bench" --device cuda --model "$models/$model-random" "$@"
}

for _ in $(seq "$repeats"); do
  for precision in fp32 bf16; do
    bf16=()
    [ $precision = fp32 ] || bf16=(--bf16)
    ours roberta_$precision train roberta-base --task sst2 --rows "$work/sst2-grouped.tsv" --batch 16 --accumulation 1 \
      --steps 20 --precision $precision --rank-plan configs/rank_plans/roberta-base-sst2.json
    gpu_peer roberta_grouped_$precision train_roberta.py --steps 20 --grouped "${bf16[@]}"
    gpu_peer roberta_padded_$precision train_roberta.py --steps 20 "${bf16[@]}"
    ours gpt2_$precision train gpt2 --task e2e --rows "$work/e2e-grouped.txt" --batch 8 --accumulation 2 \
      --steps 8 --precision $precision --rank-plan configs/rank_plans/gpt2-e2e.json
    gpu_peer gpt2_grouped_$precision train_gpt2.py --steps 8 --grouped "${bf16[@]}"
    gpu_peer gpt2_padded_$precision train_gpt2.py --steps 8 "${bf16[@]}"
    ours sample_$precision sampling roberta-base --task sst2 --rows "$work/sst2-256.tsv" --batch 16 --precision $precision
    ours generate_$precision generate gpt2 --rows "$data/e2e-lora/test.txt" --mrs 64 --precision $precision
    gpu_peer generate_batch16_$precision generate_gpt2.py --mrs 64 --batch 16 "${bf16[@]}"
    ours classify_$precision evaluate roberta-base --data "$data/sst2/dev.tsv" --precision $precision
    gpu_peer classify_sorted_$precision evaluate_roberta.py --sort "${bf16[@]}"
  done
  gpu_peer sample_vectorised probe_roberta_sampling.py --style vectorised --dynamic
done
rows=()
for precision in fp32 bf16; do
  for kind in roberta gpt2; do
    for batches in grouped padded; do
      rows+=("training step, $kind, $precision | ${kind}_$precision | $batches | ${kind}_${batches}_$precision")
    done
  done
  rows+=("64 E2E prompts, 10 beams, $precision | generate_$precision | \`generate\`, batch 16 | generate_batch16_$precision"
    "872 SST-2 sentences classified, $precision | classify_$precision | sorted, batch 32 | classify_sorted_$precision"
    "sampling RoBERTa, $precision | sample_$precision | vectorised, float32 | sample_vectorised")
done
"$python" bench/race_table.py "$lines" "${rows[@]}"

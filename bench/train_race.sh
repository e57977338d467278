#!/usr/bin/env bash
# Races a training step against the Python peers, in turn: the reference's recipe (every sequence padded to 72 or 144), and
# the very same length-grouped batches. Prints medians over REPEATS and ratios as Markdown.
#   bench/train_race.sh PEERS [REPEATS]      EIDA_METHOD: eida (default) or lora; the rest: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
method=${EIDA_METHOD:-eida}

# The files hold the peers' batches in their order, those of their untimed first steps included: RoBERTa 2 steps and 20
# of 16 sentences, GPT-2 1 step and 8 of 2 x 8 examples.
"$python" bench/peer_rows.py "$peers" sst2 352 "$work/sst2-grouped.tsv" --grouped 16
"$python" bench/peer_rows.py "$peers" e2e 144 "$work/e2e-grouped.txt" --grouped 8

# ours_… NAME PRECISION, peer_… NAME OPTIONS…
ours_roberta() {
  run "$1" "$bin/eida_train_bench" --model "$models/roberta-base-random" --task sst2 --rows "$work/sst2-grouped.tsv" \
    --batch 16 --accumulation 1 --steps 20 --precision "$2" --method "$method" \
    --rank-plan configs/rank_plans/roberta-base-sst2.json --lora-rank 8
}
ours_gpt2() {
  run "$1" "$bin/eida_train_bench" --model "$models/gpt2-random" --task e2e --rows "$work/e2e-grouped.txt" \
    --batch 8 --accumulation 2 --steps 8 --precision "$2" --method "$method" \
    --rank-plan configs/rank_plans/gpt2-e2e.json --lora-rank 4
}
peer_roberta() { peer "$1" train_roberta.py --method "$method" --steps 20 "${@:2}"; }
peer_gpt2() { peer "$1" train_gpt2.py --method "$method" --steps 8 "${@:2}"; }

for _ in $(seq "$repeats"); do
  ours_roberta roberta_fp32 fp32
  peer_roberta roberta_grouped_fp32 --grouped
  ours_roberta roberta_bf16 bf16
  peer_roberta roberta_grouped_bf16 --grouped --bf16
  peer_roberta roberta_padded_fp32
  peer_roberta roberta_padded_bf16 --bf16
  ours_gpt2 gpt2_fp32 fp32
  peer_gpt2 gpt2_grouped_fp32 --grouped
  ours_gpt2 gpt2_bf16 bf16
  peer_gpt2 gpt2_grouped_bf16 --grouped --bf16
  peer_gpt2 gpt2_padded_fp32
  peer_gpt2 gpt2_padded_bf16 --bf16
done
rows=()
for model in RoBERTa GPT-2; do
  name=${model,,} name=${name/-/}
  for precision in float32 bf16; do
    short=${precision/float/fp}
    rows+=("$model, $precision | ${name}_$short | padded | ${name}_padded_$short"
      "$model, $precision | ${name}_$short | grouped | ${name}_grouped_$short")
  done
done
"$python" bench/race_table.py "$lines" "${rows[@]}"

#!/usr/bin/env bash
# Races the sampler and the projector builder against their Python peers, one after the other in turn, and prints
# medians, ratios and their spread as Markdown.
#   bench/race.sh PEERS [REPEATS]      what is read from the environment: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
"$python" bench/peer_rows.py "$peers" sst2 256 "$work/sst2.tsv"
"$python" bench/peer_rows.py "$peers" e2e 128 "$work/e2e.txt"

ours() {
  run "$1" "$bin/eida_sampling_bench" --model "$models/$2-random" --task "$3" --rows "$work/$4" --batch "$5" --precision "$6"
}

for _ in $(seq "$repeats"); do
  ours roberta_fp32 roberta-base sst2 sst2.tsv 16 fp32
  peer roberta_vectorised probe_roberta_sampling.py --style vectorised --dynamic
  ours roberta_bf16 roberta-base sst2 sst2.tsv 16 bf16
  peer roberta_reference probe_roberta_sampling.py --style reference
  run pca "$bin/eida_pca_bench" --repeats 1
  peer pca_gram_eigh probe_pca.py --method gram-eigh --source decaying
  peer pca_power_numpy probe_pca.py --method power-numpy --source decaying --inputs 0 1 3 --outputs 0
  ours gpt2_fp32 gpt2 e2e e2e.txt 2 fp32
  peer gpt2_one_pass probe_gpt2_sampling.py --mode one-pass --dynamic --examples 128
  ours gpt2_bf16 gpt2 e2e e2e.txt 2 bf16
  peer gpt2_prefix_loop probe_gpt2_sampling.py --mode prefix-loop --examples 4
done
"$python" bench/race_table.py "$lines" \
  "RoBERTa, float32 | roberta_fp32 | reference recipe, padded to 72 | roberta_reference" \
  "RoBERTa, bf16 | roberta_bf16 | the same, float32 | roberta_reference" \
  "RoBERTa, float32 | roberta_fp32 | vectorised, padded to the batch | roberta_vectorised" \
  "RoBERTa, bf16 | roberta_bf16 | the same, float32 | roberta_vectorised" \
  "GPT-2, float32 | gpt2_fp32 | prefix loop | gpt2_prefix_loop" \
  "GPT-2, float32 | gpt2_fp32 | one pass, padded to the batch | gpt2_one_pass" \
  "GPT-2, bf16 | gpt2_bf16 | the same, float32 | gpt2_one_pass" \
  "122 subspaces of 64 rows from 512 samples | pca | numpy power iteration | pca_power_numpy" \
  "the same | pca | float64 eigendecomposition of the Gram matrix | pca_gram_eigh"

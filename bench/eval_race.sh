#!/usr/bin/env bash
# Races eida-eval against the Python peers, in turn: classification of SST-2's development sentences at RoBERTa-base size,
# the time from process start to a first result, and the scores of one E2E system. Medians, ratios and their spread as Markdown.
#   bench/eval_race.sh PEERS [REPEATS]      EIDA_DATA: folder with sst2/, e2e/, e2e-systems/; the rest: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
data=${EIDA_DATA:-$peers/../data}
model=$models/roberta-base-random dev=$data/sst2/dev.tsv
head -n 2 "$dev" >"$work/one.tsv"

# timed NAME COMMAND…: wall time of a whole process.
timed() {
  local name=$1 start
  shift
  start=$EPOCHREALTIME
  "$@" >/dev/null 2>&1
  run "$name" awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "{\"seconds\": %.4f}\n", b - a }'
}

# four_scores COMMAND…: seconds inside the process of the scores without METEOR, the tokenizer's included. The peer has no NIST.
four_scores() {
  "$@" 2>/dev/null | tail -n 1 | "$python" -c '
import json, sys
seconds = json.load(sys.stdin)["seconds"]
parts = ["four"] if "four" in seconds else ["ptb_tokenizer", "bleu", "rouge_l", "cider"]
print(json.dumps({"seconds": sum(seconds[part] for part in parts)}))'
}

for _ in $(seq "$repeats"); do
  run classify_fp32 "$bin/eida_evaluate_bench" --model "$model" --data "$dev" --precision fp32 --repeats 3
  peer peer_fp32 evaluate_roberta.py
  run classify_bf16 "$bin/eida_evaluate_bench" --model "$model" --data "$dev" --precision bf16 --repeats 3
  peer peer_sorted_fp32 evaluate_roberta.py --sort
  timed first_result "$bin/eida-eval" --model "$model" --task sst2 --data "$work/one.tsv" --threads 2
  PYTHONDONTWRITEBYTECODE=1 timed peer_first_result "$python" bench/first_result.py "$peers"
  timed five_scores "$bin/eida-eval" score --references "$data/e2e/testset_w_refs.csv" \
    --predictions "$data/e2e-systems/tgen.tsv"
  (cd "$peers" && PYTHONDONTWRITEBYTECODE=1 timed peer_five_scores "$python" metrics.py)
  run four_scores four_scores "$bin/eida_score_bench" --references "$data/e2e/testset_w_refs.csv" \
    --predictions "$data/e2e-systems/tgen.tsv" --repeats 3
  (cd "$peers" && PYTHONDONTWRITEBYTECODE=1 run peer_four_scores four_scores "$python" metrics.py)
done
"$python" bench/race_table.py "$lines" \
  "classify, float32 | classify_fp32 | as they come | peer_fp32" \
  "classify, bf16 | classify_bf16 | as they come, float32 | peer_fp32" \
  "classify, float32 | classify_fp32 | sorted by length | peer_sorted_fp32" \
  "classify, bf16 | classify_bf16 | sorted by length, float32 | peer_sorted_fp32" \
  "\`eida-eval\` on one sentence, from process start | first_result | imports, model, one sentence | peer_first_result" \
  "five scores of one E2E system, whole process | five_scores | Python and Java | peer_five_scores" \
  "the four without METEOR, inside the process | four_scores | Python, which has no NIST | peer_four_scores"

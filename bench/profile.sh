#!/usr/bin/env bash
# Where the time of the hot loops goes, by perf: sampling, training steps and beam search at base size in float32, with the
# rows of the races. Prints the shares of GEMM, attention and the rest as Markdown (bench/profile_table.py).
#   bench/profile.sh PEERS [REPEATS]      REPEATS is ignored; EIDA_DATA: folder with e2e-lora/; the rest: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
data=${EIDA_DATA:-$peers/../data}
command -v perf >/dev/null || die "no perf (Debian: linux-perf)"
"$python" bench/peer_rows.py "$peers" sst2 256 "$work/sst2.tsv"
"$python" bench/peer_rows.py "$peers" sst2 352 "$work/sst2-grouped.tsv" --grouped 16
"$python" bench/peer_rows.py "$peers" e2e 144 "$work/e2e-grouped.txt" --grouped 8

# profile NAME BENCH OPTION…: the bench's line in NAME.json, its samples in NAME.samples, and in NAME.map the names of the
# kernels that oneDNN generates (2: it writes /tmp/perf-PID.map). Times are on the clock that the bench tells its window by.
profile() {
  local name=$1 bench=$2 pid
  shift 2
  say "profile of $name"
  ONEDNN_JIT_PROFILE=2 perf record -q -F 4999 -e cpu-clock -k CLOCK_MONOTONIC -o "$work/$name.perf" -- \
    "$bin/eida_${bench}_bench" "$@" 2>/dev/null | tail -n 1 >"$work/$name.json"
  perf script -i "$work/$name.perf" -F pid,tid,time,ip,sym,dso 2>/dev/null >"$work/$name.samples"
  pid=$(sed -n '1s|^ *\([0-9]*\)/.*|\1|p' "$work/$name.samples")
  mv "/tmp/perf-$pid.map" "$work/$name.map"
  rm -f "$work/$name.perf"
}

profile sampling sampling --model "$models/roberta-base-random" --task sst2 --rows "$work/sst2.tsv"
profile roberta train --model "$models/roberta-base-random" --task sst2 --rows "$work/sst2-grouped.tsv" \
  --batch 16 --accumulation 1 --steps 20 --rank-plan configs/rank_plans/roberta-base-sst2.json
profile gpt2 train --model "$models/gpt2-random" --task e2e --rows "$work/e2e-grouped.txt" \
  --batch 8 --accumulation 2 --steps 8 --rank-plan configs/rank_plans/gpt2-e2e.json
profile generation generate --model "$models/gpt2-random" --rows "$data/e2e-lora/test.txt" --mrs 32 --new-tokens 30
"$python" bench/profile_table.py "$work/sampling=sampling, RoBERTa-base" "$work/roberta=training step, RoBERTa-base" \
  "$work/gpt2=training step, GPT-2" "$work/generation=10 beams, GPT-2"

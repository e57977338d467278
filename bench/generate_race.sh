#!/usr/bin/env bash
# Races beam search against transformers' generate, in turn, and prints medians of seconds a prompt and ratios as Markdown.
# Both sides run to the same length without an end token: a random model has no sense of where to stop.
#   bench/generate_race.sh PEERS [REPEATS]      EIDA_LENGTH: options of both sides, "--new-tokens 30" or
#   "--max-length 144"; EIDA_DATA: folder with e2e-lora/; the rest: bench/race_lib.sh
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/race_lib.sh"
read -ra length <<<"${EIDA_LENGTH:---new-tokens 30}"
rows=${EIDA_DATA:-$(dirname "$peers")/data}/e2e-lora/test.txt

ours() {
  run "$1" "$bin/eida_generate_bench" --model "$models/gpt2-random" --rows "$rows" --mrs 32 --precision "$1" "${length[@]}"
}

for _ in $(seq "$repeats"); do
  ours fp32
  peer batch_16 generate_gpt2.py --batch 16 --mrs 32 "${length[@]}"
  ours bf16
  peer batch_1 generate_gpt2.py --batch 1 --mrs 8 "${length[@]}"
done
"$python" bench/race_table.py "$lines" fp32:batch_1 fp32:batch_16 bf16:batch_1 bf16:batch_16

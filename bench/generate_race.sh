#!/usr/bin/env bash
# Races beam search against transformers' generate (generate_gpt2.py of the Python peers), one after the other in turn, and
# prints medians of seconds a prompt, and ratios, as Markdown. Both sides run to the same length without an end token.
#   chrt -f 10 bench/generate_race.sh PEERS [REPEATS] [LENGTH]
# PEERS: folder of the Python programs. LENGTH: options of both sides, default "--new-tokens 30". EIDA_PYTHON, EIDA_BUILD,
# EIDA_DATA, EIDA_MODELS (where the peers' make_models.py wrote its random models, default ~/.cache/eida-peers/models).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
cd "$root"
peers=$(realpath "${1:?folder of the Python peers}") repeats=${2:-3}
read -ra length <<<"${3:---new-tokens 30}"
bin=$root/${EIDA_BUILD:-build/release}/bin python=${EIDA_PYTHON:-$venv/bin/python}
data=${EIDA_DATA:-$(dirname "$peers")/data} models=${EIDA_MODELS:-$HOME/.cache/eida-peers/models}
work=$root/runs/race
mkdir -p "$work"
: >"$work/generation.jsonl"

# run NAME COMMAND…: keeps the JSON line it prints.
run() {
  local name=$1 line
  shift
  line=$("$@" 2>/dev/null | tail -n 1)
  printf '{"name": "%s", "result": %s}\n' "$name" "$line" | tee -a "$work/generation.jsonl" >&2
}
peer() { (cd "$peers" && PYTHONDONTWRITEBYTECODE=1 run "$1" "$python" generate_gpt2.py "${@:2}" "${length[@]}"); }
ours() {
  run "$1" "$bin/eida_generate_bench" --model "$models/gpt2-random" --rows "$data/e2e-lora/test.txt" --mrs 32 \
    --precision "$2" "${length[@]}"
}

for _ in $(seq "$repeats"); do
  ours fp32 fp32
  peer batch_16 --batch 16 --mrs 32
  ours bf16 bf16
  peer batch_1 --batch 1 --mrs 8
done
"$python" - "$work/generation.jsonl" <<'TABLE'
import collections, json, statistics, sys
results = collections.defaultdict(list)
for entry in map(json.loads, open(sys.argv[1])):
    results[entry["name"]].append(entry["result"])
median = {name: statistics.median(r["seconds_per_mr"] for r in rows) for name, rows in results.items()}
peak = {name: max(r["peak_rss_mib"] for r in rows) for name, rows in results.items()}
print("| ours | transformers, float32 | ours, s a prompt | theirs | ratio | peak MiB, ours / theirs |\n|---|---|---|---|---|---|")
for ours in ("fp32", "bf16"):
    for theirs in ("batch_1", "batch_16"):
        print(f"| {ours} | {theirs} | {median[ours]:.3f} | {median[theirs]:.3f} | {median[theirs] / median[ours]:.2f} "
              f"| {peak[ours]:.0f} / {peak[theirs]:.0f} |")
TABLE

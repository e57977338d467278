#!/usr/bin/env bash
# Races the sampler and the projector builder against their Python peers, one after the other in turn, and prints
# medians and ratios as Markdown.
#   bench/race.sh PEERS [REPEATS]      PEERS: folder of the Python programs; EIDA_PYTHON, EIDA_BUILD, EIDA_MODELS
# The peers' make_models.py must have written its random models to EIDA_MODELS (default ~/.cache/eida-peers/models).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
cd "$root"
peers=$(realpath "${1:?folder of the Python peers}") repeats=${2:-3}
bin=$root/${EIDA_BUILD:-build/release}/bin python=${EIDA_PYTHON:-$venv/bin/python}
models=${EIDA_MODELS:-$HOME/.cache/eida-peers/models}
work=$root/runs/race
mkdir -p "$work"
"$python" bench/peer_rows.py "$peers" sst2 256 "$work/sst2.tsv"
"$python" bench/peer_rows.py "$peers" e2e 128 "$work/e2e.txt"
: >"$work/lines.jsonl"

# run NAME COMMAND…: keeps the JSON line it prints.
run() {
  local name=$1 line
  shift
  line=$("$@" 2>/dev/null | tail -n 1)
  printf '{"name": "%s", "result": %s}\n' "$name" "$line" >>"$work/lines.jsonl"
  printf '%s %s\n' "$name" "$line" >&2
}
peer() { local name=$1 program=$2; shift 2; (cd "$peers" && PYTHONDONTWRITEBYTECODE=1 run "$name" "$python" "$program" "$@"); }
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
"$python" bench/race_table.py "$work/lines.jsonl"

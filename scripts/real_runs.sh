#!/usr/bin/env bash
# The training runs of docs/results.md, cheapest first; a folder names its rate. It can be stopped and started again: what has finished is
# left alone, and a run that has not goes on where it stopped.
#
#   scripts/real_runs.sh DATA [RUNS]       DATA: folder with sst2/, e2e-lora/ and gpt2/ (tokenizer); RUNS: default runs/real
#
# Environment: EIDA_BUILD (build/release), EIDA_THREADS (0: all cores), and what to leave out: EIDA_SKIP="sst2-all e2e".
# WordNet's glosses come from /usr/share/wordnet, else from Debian's package, which is fetched and unpacked, not installed.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
data=$(realpath "${1:?folder of the data sets; scripts/real_runs.sh DATA [RUNS]}")
runs=$(realpath -m "${2:-$root/runs/real}")
cd "$root"
bin=${EIDA_BUILD:-build/release}/bin python=$venv/bin/python
common=(--threads "${EIDA_THREADS:-0}" --no-progress)
mkdir -p "$runs/data"

finished() { [ -e "$1/manifest.json" ] && [ ! -e "$1/INCOMPLETE" ]; }

# train RUN OPTIONS…
train() {
  local run=$runs/$1 again=()
  shift
  if finished "$run"; then return; fi
  if [ -e "$run" ]; then again=(--resume); fi
  say "$run"
  "$bin/eida-train" "$@" "${common[@]}" --output "$run" "${again[@]}" >/dev/null
}

# evaluate FOLDER OPTIONS…
evaluate() {
  local folder=$runs/$1
  shift
  if finished "$folder"; then return; fi
  say "$folder"
  "$bin/eida-eval" "$@" "${common[@]}" --output "$folder" --overwrite >/dev/null
}

best_rate() { "$python" scripts/training_tables.py --best-rate "$@"; }

# --- MiniLM on SST-2 ---------------------------------------------------------------------------------------
# 20,000 training sentences, drawn once with seed 0 and kept in the file's order.
subset=$runs/data/sst2-20k.tsv
draw_subset() {
  [ ! -e "$subset" ] || return 0
  "$python" - "$data/sst2/train.tsv" "$subset" <<'PYTHON'
import random
import sys

header, *rows = open(sys.argv[1], encoding="utf-8", newline="\n").readlines()
chosen = sorted(random.Random(0).sample(range(len(rows)), 20_000))
with open(sys.argv[2], "w", encoding="utf-8", newline="\n") as out:
    out.writelines([header, *(rows[i] for i in chosen)])
PYTHON
}

# What a method adds to configs/minilm-sst2.yaml. LoRA as it is mostly used: W_Q and W_V; its schedule and those of full and
# head decay once over all rounds, which are epochs to them; each round warms up again and AdamW starts afresh.
declare -A method_options=(
  [eida]=""
  [random]="--estimator random"
  [lora]="--method lora --set sites.include=[q,v] --set train.schedule=global"
  [full]="--method full --set train.schedule=global"
  [head]="--method head --set train.schedule=global"
)
declare -A rates=(
  [eida]="3e-4 1e-3 3e-3 6e-3"
  [random]="1e-3 3e-3 1e-2 3e-2"
  [lora]="5e-4 1e-3 2e-3"
  [full]="5e-5 1e-4 2e-4 5e-4"
  [head]="3e-3 1e-2 3e-2 1e-1"
)

# minilm RUN METHOD TRAINING_FILE OPTIONS…
minilm() {
  local run=$1 method=$2 file=$3 options
  shift 3
  read -ra options <<<"${method_options[$method]}"
  train "$run" --config configs/minilm-sst2.yaml --model "$(minilm_dir)" --train "$file" --dev "$data/sst2/dev.tsv" \
    --precision bf16 "${options[@]}" "$@"
}

sweep() {
  local method=$1 rate
  for rate in ${rates[$method]}; do
    minilm "sst2-20k/sweep-$method-$rate" "$method" "$subset" --rounds 1 --lr "$rate"
  done
}

three_seeds() {
  local method=$1 rate seed
  rate=$(best_rate "$runs/sst2-20k/sweep-$method"-*)
  for seed in 0 1 2; do
    minilm "sst2-20k/$method-$rate-seed$seed" "$method" "$subset" --rounds 2 --lr "$rate" --seed "$seed"
  done
}

sst2_subset() {
  local method
  draw_subset
  sweep head
  three_seeds head
  for method in eida random lora full; do sweep "$method"; done
  for method in eida random lora full; do three_seeds "$method"; done
}

sst2_all() {
  local method rate
  for method in eida lora; do
    rate=$(best_rate "$runs/sst2-20k/sweep-$method"-*)
    minilm "sst2-all/$method-$rate" "$method" "$data/sst2/train.tsv" --rounds 4 --lr "$rate"
  done
}

# --- a small GPT-2: English first, then E2E ------------------------------------------------------------------
wordnet_folder() {
  local folder=/usr/share/wordnet
  if [ ! -e $folder/data.noun ]; then
    folder=$runs/data/wordnet/usr/share/wordnet
    if [ ! -e "$folder/data.noun" ]; then
      mkdir -p "$runs/data/wordnet"
      (cd "$runs/data/wordnet" && apt-get download wordnet-base >&2 && dpkg -x wordnet-base_*.deb .) ||
        die "no WordNet: as root, apt-get install wordnet-base"
    fi
  fi
  printf '%s\n' "$folder"
}

make_english() {
  [ ! -e "$runs/data/english.jsonl" ] || return 0
  scripts/make_english_text.py --data "$data" --wordnet "$(wordnet_folder)" --output "$runs/data/english.partial" \
    --dev-output "$runs/data/english-dev.jsonl" >&2
  mv "$runs/data/english.partial" "$runs/data/english.jsonl"
}

# e2e RUN METHOD RATE OPTIONS…: LoRA of rank 8 at W_Q and W_V and B of 32 x 32 at all six weights train 36,864 parameters each.
e2e() {
  local run=e2e/$1 method=$2 rate=$3 options=()
  shift 3
  case $method in
    eida) options=(--set ranks.plan=null --set ranks.rule=fixed --set ranks.fixed=32) ;;
    lora) options=(--set ranks.plan=null --set "sites.include=[q,v]" --set train.schedule=global) ;;
    full) options=(--set ranks.plan=null --set train.schedule=global) ;;
  esac
  train "$run" --config configs/gpt2-e2e.yaml --model "$runs/e2e/english/model" --train "$data/e2e-lora/train.txt" \
    --dev "$data/e2e-lora/valid.txt" --method "$method" --lr "$rate" --precision bf16 "${options[@]}" "$@"
}

# The sweep takes 200 of the 2,629 steps of an epoch, the run three rounds of 600 steps.
declare -A e2e_rates=([eida]="1e-3 3e-3 1e-2 3e-2" [lora]="1e-3 3e-3 1e-2 3e-2" [full]="2e-4 5e-4 1e-3")

adapt_and_score() {
  local method=$1 rate
  for rate in ${e2e_rates[$method]}; do
    e2e "sweep-$method-$rate" "$method" "$rate" --rounds 1 --max-steps 200
  done
  rate=$(best_rate "$runs/e2e/sweep-$method"-*)
  e2e "$method-$rate" "$method" "$rate" --rounds 3 --max-steps 600
  local scored=(--model "$runs/e2e/$method-$rate/model" --task e2e --data "$data/e2e-lora/test.txt" --precision fp32)
  evaluate "e2e/$method-$rate-loss" "${scored[@]}" --metrics loss
  evaluate "e2e/$method-$rate-scores" "${scored[@]}" --beams 10
}

# 2,500 steps of 64 texts, 0.6 of a pass, without dropout: a model of this size does not learn them by heart.
pretrain() {
  local base=$runs/data/small-gpt2
  mkdir -p "$base"
  cp configs/small-gpt2/config.json "$data/gpt2/tokenizer.json" "$base/"
  train e2e/english --model "$base" --set model.init=random --task prompt --train "$runs/data/english.jsonl" \
    --dev "$runs/data/english-dev.jsonl" --method full --rounds 1 --max-steps 2500 --lr 1e-3 --batch-size 64 --set train.accumulation=1 \
    --set train.schedule=global --set train.warmup_ratio=0.05 --set train.dropout=0 --max-length 128 --precision bf16
}

small_gpt2() {
  local method
  make_english
  pretrain
  for method in eida lora full; do adapt_and_score "$method"; done
}

skipped() { [[ " ${EIDA_SKIP:-} " == *" $1 "* ]]; }
skipped sst2-20k || sst2_subset
skipped e2e || small_gpt2
skipped sst2-all || sst2_all
mapfile -t all < <(find "$runs" -name summary.json -printf '%h\n' | sort)
"$python" scripts/training_tables.py "${all[@]}" | tee "$runs/tables.md"

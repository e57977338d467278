#!/usr/bin/env bash
# Every race against the Python peers in one sitting, ours and theirs in turn; the tables of docs/benchmarks.md.
#   scripts/bench.sh PEERS [REPEATS]      default 3; what else is read from the environment: bench/race_lib.sh
# Writes runs/bench.md as it goes: machine, versions, then one table a race with medians, ratios and peak memory.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
peers=$(realpath "${1:?folder of the Python peers}") repeats=${2:-3}
cd "$root"
out=$root/runs/bench.md
mkdir -p "$(dirname "$out")"
export EIDA_DATA=${EIDA_DATA:-$(data_dir)}

versions='import sys, torch, transformers, tokenizers
print(f"Python {sys.version.split()[0]}, PyTorch {torch.__version__}, transformers {transformers.__version__}, tokenizers {tokenizers.__version__}")'
{
  printf '# Races of %s, %s rounds\n\n' "$(date -u +%F)" "$repeats"
  printf '%s, %s cores, %s MiB\n\n' "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(nproc)" \
    "$(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo)"
  "${EIDA_BUILD:-build/release}/bin/eida-train" --version
  "${EIDA_PYTHON:-$venv/bin/python}" -c "$versions" 2>/dev/null
} >"$out"
for race in race train_race generate_race eval_race; do
  say "bench/$race.sh"
  printf '\n## bench/%s.sh\n\n' "$race" >>"$out"
  "bench/$race.sh" "$peers" "$repeats" >>"$out"
done
cat "$out"

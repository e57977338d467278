# Shared by the races; sourced by bench/*race.sh with their arguments, PEERS [REPEATS].
# shellcheck shell=bash
# PEERS: folder of the Python programs, whose make_models.py must have written its random models to EIDA_MODELS.
# Environment: EIDA_PYTHON, EIDA_BUILD (build/release), EIDA_MODELS (~/.cache/eida-peers/models).
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib.sh"
cd "$root"
peers=$(realpath "${1:?folder of the Python peers}") repeats=${2:-3}
bin=$root/${EIDA_BUILD:-build/release}/bin python=${EIDA_PYTHON:-$venv/bin/python}
models=${EIDA_MODELS:-$HOME/.cache/eida-peers/models}
work=$root/runs/race
lines=$work/$(basename "$0" .sh).jsonl
mkdir -p "$work"
: >"$lines"

# run NAME COMMAND…: keeps the JSON line it prints.
run() {
  local name=$1 line
  shift
  line=$("$@" 2>/dev/null | tail -n 1)
  printf '{"name": "%s", "result": %s}\n' "$name" "$line" >>"$lines"
  printf '%s %s\n' "$name" "$line" >&2
}
peer() { local name=$1 program=$2; shift 2; (cd "$peers" && PYTHONDONTWRITEBYTECODE=1 run "$name" "$python" "$program" "$@"); }

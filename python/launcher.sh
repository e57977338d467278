#!/bin/sh
# Starts the program of this name that lies in the Python environment around this file. No path is kept: an environment
# may be moved.
self=$(readlink -f "$0")
program=${self##*/}
bin=${self%/*}
for package in "$bin"/../lib*/python3*/site-packages/eida "$bin"/../lib*/python3*/dist-packages/eida; do
  [ ! -x "$package/bin/$program" ] || break
done
# Torch of another folder, such as the system's: only Python knows where.
if [ ! -e "$package/../torch/lib/libtorch_cpu.so" ]; then
  torch=$("$bin/python3" -c 'import importlib.util as util; print(util.find_spec("torch").submodule_search_locations[0])' 2>/dev/null)
  if [ ! -e "$torch/lib/libtorch_cpu.so" ]; then
    echo "$program: the package torch is not in the environment of $bin (hint: pip install 'torch==2.13.*')" >&2
    exit 127
  fi
  export LD_LIBRARY_PATH="$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi
exec "$package/bin/$program" "$@"

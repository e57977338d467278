// A build without MPI: one process.
#include <cstdlib>

#include "eida/core/error.h"
#include "launcher.h"

namespace eida {

std::unique_ptr<Communicator> connect(const Launched& launched) {
  throw ConfigError(
      "{} processes were started ({}={}), and this build has no MPI to join them (hint: install "
      "libopenmpi-dev and configure again with -DEIDA_MPI=ON, or start one process)",
      launched.size, launched.variable, launched.size);
}

void end_all(int code) { std::_Exit(code); }

}  // namespace eida

// Loads what speaks MPI, so that a machine without MPI runs one process.
#include <dlfcn.h>

#include <cstdlib>

#include "eida/core/error.h"
#include "eida/core/installation.h"
#include "launcher.h"

namespace eida {
namespace {

const MpiEntryPoint* entry_point = nullptr;

const MpiEntryPoint& load_mpi(const Launched& launched) {
  if (!EIDA_WITH_MPI) {
    throw ConfigError(
        "{} processes were started ({}={}), and this build has no MPI to join them (hint: install "
        "libopenmpi-dev and configure again with -DEIDA_MPI=ON, or start one process)",
        launched.size, launched.variable, launched.size);
  }
  // Global: the parts that MPI loads itself look up MPI's own symbols.
  void* library = ::dlopen((library_folder() / EIDA_MPI_LIBRARY).c_str(), RTLD_NOW | RTLD_GLOBAL);
  void* found = library != nullptr ? ::dlsym(library, kMpiEntryPoint) : nullptr;
  if (found == nullptr) {
    throw ConfigError(
        "{} processes were started ({}={}), and MPI cannot be loaded to join them: {} (hint: "
        "install the MPI that EIDA was built with, Open MPI 4 unless you built it, or start one "
        "process)",
        launched.size, launched.variable, launched.size, ::dlerror());
  }
  return *static_cast<const MpiEntryPoint*>(found);
}

}  // namespace

std::unique_ptr<Communicator> connect(const Launched& launched) {
  entry_point = &load_mpi(launched);
  return entry_point->connect(launched);
}

void end_all(int code) {
  if (entry_point != nullptr) entry_point->end_all(code);
  std::_Exit(code);
}

}  // namespace eida

// Whether a launcher started this process as one of several.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "eida/parallel/communicator.h"

namespace eida {

/// What a launcher's environment says.
struct Launched {
  int rank = 0, size = 1;
  std::string variable;  ///< that gives the size, for messages
};

/// Nothing where no launcher started this process, or it started one alone.
std::optional<Launched> find_launcher();

/// Begins MPI, which ends with the object; loads the library libeida_mpi for it. \throws
/// ConfigError the build has no MPI, it cannot be loaded, or MPI sees another number of processes
/// than the launcher started (it belongs to another MPI)
std::unique_ptr<Communicator> connect(const Launched& launched);

/// Ends all processes of the launcher at once.
[[noreturn]] void end_all(int code);

/// What libeida_mpi gives under the name kMpiEntryPoint.
struct MpiEntryPoint {
  std::unique_ptr<Communicator> (*connect)(const Launched& launched);
  void (*end_all)(int code);
};
constexpr const char* kMpiEntryPoint = "eida_mpi_entry_point";

}  // namespace eida

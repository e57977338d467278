/// The body of every main() where several processes may run the program together.
#pragma once

#include <functional>

#include "eida/core/run_main.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// run_main() with the processes that a launcher started; without one, `body` gets
/// Communicator::single() and MPI is left alone. Where several run, an exception in one of them
/// ends all with its exit code, after one line that names the process: "rank 1 of 2: …".
/// Throws nothing; processes of a launcher, in a build without MPI, end with a ConfigError's line.
int run_ranks(const char* program, const std::function<int(const Communicator&)>& body,
              const DescribeError& describe = {});

}  // namespace eida

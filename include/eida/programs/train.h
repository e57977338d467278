/// eida-train: rounds of sample, estimate, train B, merge.
#pragma once

#include "eida/config/command_line.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// The whole program with its subcommands export and merge, which take one process. \return exit
/// code. \throws Error
int run_train(const ParsedCommand& command, const Communicator& processes = Communicator::single());

}  // namespace eida

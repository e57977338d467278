/// eida-probe: how concentrated are the token representations, and what the gradient does to them?
#pragma once

#include "eida/config/command_line.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// The whole program with its subcommand compare, which takes one process. \return exit code.
/// \throws Error
int run_probe(const ParsedCommand& command, const Communicator& processes = Communicator::single());

}  // namespace eida

/// eida-eval: scores of models and of predictions.
#pragma once

#include "eida/config/command_line.h"
#include "eida/parallel/communicator.h"

namespace eida {

/// The whole program with its subcommands score, compare and tokenize, which take one process.
/// \return exit code. \throws Error
int run_eval(const ParsedCommand& command, const Communicator& processes = Communicator::single());

}  // namespace eida

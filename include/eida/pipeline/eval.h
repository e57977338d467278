/// eida-eval: scores of models and of predictions.
#pragma once

#include "eida/config/command_line.h"

namespace eida {

/// The whole program with its subcommands score, compare and tokenize. \return exit code.
/// \throws Error
int run_eval(const ParsedCommand& command);

}  // namespace eida

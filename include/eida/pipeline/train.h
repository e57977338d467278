/// eida-train: rounds of sample, estimate, train B, merge.
#pragma once

#include "eida/config/command_line.h"

namespace eida {

/// The whole program with its subcommands export and merge. \return exit code. \throws Error
int run_train(const ParsedCommand& command);

}  // namespace eida

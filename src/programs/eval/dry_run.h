// What an evaluation would do and cost, without doing it.
#pragma once

#include "eida/config/command_line.h"
#include "inputs.h"

namespace eida {

/// Checks the run folder, runs the model on a few examples, and prints estimates of memory and
/// time. \return exit code 0
int dry_run_eval(const ParsedCommand& command, EvalTask task, const EvalInputs& inputs);

}  // namespace eida

// What an evaluation would do and cost, without doing it.
#pragma once

#include "inputs.h"

namespace eida {

/// Runs the model on a few examples, and prints estimates of memory and
/// time. \return exit code 0
int dry_run_eval(const Config& config, EvalTask task, const EvalInputs& inputs);

}  // namespace eida

// What an evaluation with a model opens, and what it is asked to do.
#pragma once

#include "eida/run/open.h"

namespace eida {

enum class EvalTask {
  kClasses,  ///< classify, accuracy
  kLosses,   ///< completions: loss of the true text
  kTexts,    ///< completions: generate, text scores
};

/// What the task and eval.metrics ask for. \throws ConfigError scores that do not go together
EvalTask choose_eval_task(const Config& config);

/// \throws DataError, FormatError; DataError where labels are not the model's classes
OpenedInputs open_eval_inputs(const Config& config, const Communicator& processes);

}  // namespace eida

// What an evaluation with a model opens, and what it is asked to do.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "eida/config/config.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"
#include "eida/model/pretrained_model.h"
#include "eida/run/open.h"

namespace eida {

enum class EvalTask {
  kClasses,  ///< classify, accuracy
  kLosses,   ///< completions: loss of the true text
  kTexts,    ///< completions: generate, text scores
};

/// What the task and eval.metrics ask for. \throws ConfigError scores that do not go together
EvalTask choose_eval_task(const Config& config);

struct EvalInputs {
  ComputeSetting compute;
  std::shared_ptr<const Dataset> data;
  ExampleTokenizer tokenizer;
  std::unique_ptr<PretrainedModel> model;  ///< adapters merged in
};

/// \throws DataError, FormatError; DataError where labels are not the model's classes
EvalInputs open_eval_inputs(const Config& config, const Communicator& processes);

/// Files and folders that the evaluation reads beside its model.
std::vector<std::filesystem::path> eval_input_files(const Config& config);

}  // namespace eida

/// Scores of a model on labelled examples, for training and eida-eval.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "eida/generation/passes.h"

namespace eida {

/// Scores and their values, in the order of Task::scores; loss and perplexity of completions are of
/// a labelled token.
using Scores = std::vector<std::pair<std::string, double>>;

/// What a model says of each example.
struct ClassOutcome {
  at::Tensor logits;                         // [n, C] float32, on the CPU
  std::vector<int64_t> labels, predictions;  ///< a label is -1 where the data has none
};
struct LossOutcome {
  std::vector<CompletionLoss> losses;
  double nll = 0.0;    ///< of all examples
  int64_t tokens = 0;  ///< labelled, of all examples
};

/// \throws NumericError a logit or loss that is not finite
ClassOutcome predict_classes(PretrainedModel& model,
                             const std::vector<const TokenExample*>& examples,
                             const PassOptions& options = {});
LossOutcome sum_losses(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                       const PassOptions& options = {});

/// \throws DataError an example has no label
Scores scores_of(const ClassOutcome& outcome);
Scores scores_of(const LossOutcome& outcome);

/// The scores of the task. Of several processes each computes its part of the same examples.
/// \throws NumericError a logit or loss that is not finite
Scores evaluate(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                TaskKind task, const PassOptions& options = {});

/// "accuracy 0.9083, loss 0.2710"
std::string to_text(const Scores& scores);

}  // namespace eida

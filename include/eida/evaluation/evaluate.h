/// What a model says of examples, for training and eida-eval: scores, and whether a merge changed
/// it.
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

/// Class logits and predicted classes of examples.
struct ClassOutcome {
  at::Tensor logits;                         // [n, C] float32, on the CPU
  std::vector<int64_t> labels, predictions;  ///< a label is -1 where the data has none
};

/// Classifies every example, in order. \throws NumericError a logit that is not finite
ClassOutcome predict_classes(PretrainedModel& model,
                             const std::vector<const TokenExample*>& examples,
                             const PassOptions& options = {});

/// Scores of outcomes, or of losses. \throws DataError an example has no label
Scores scores_of(const ClassOutcome& outcome);
Scores scores_of(const std::vector<CompletionLoss>& losses);

/// The scores of the task. Of several processes each computes its part of the same examples.
/// \throws NumericError a logit or loss that is not finite
Scores evaluate(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                TaskKind task, const PassOptions& options = {});

/// Largest logit difference of the adapted and the merged model on some examples, both in float32.
struct MergeParity {
  double difference = 0.0, largest_logit = 0.0, tolerance = 0.0;
  double loss_before = 0.0, loss_after = 0.0;
  int64_t examples = 0;
  bool holds() const { return difference <= tolerance; }
};

/// Logits of a batch in float32 and evaluation mode, whatever the run's precision. // [M, C], [M,
/// V]
at::Tensor reference_logits(PretrainedModel& model, const PackedBatch& batch);

/// \param before of the adapted model, \param after of the merged one. \param rounded whether the
/// merge rounded the weights to bfloat16, 8 bits, afresh: then logits may differ by 2e-2, else by
/// 1e-5, of the largest one (of 1 where that is smaller).
MergeParity compare_logits(const at::Tensor& before, const at::Tensor& after,
                           const PackedBatch& batch, bool rounded = false);

/// "accuracy 0.9083, loss 0.2710"
std::string to_text(const Scores& scores);

}  // namespace eida

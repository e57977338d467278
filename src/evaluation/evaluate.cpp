#include "eida/evaluation/evaluate.h"

#include <ATen/TensorOperators.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eida/metrics/classification.h"
#include "eida/model/pretrained_model.h"

namespace eida {

ClassOutcome predict_classes(PretrainedModel& model,
                             const std::vector<const TokenExample*>& examples,
                             const PassOptions& options) {
  ClassOutcome outcome{classify(model, examples, options), {}, {}};
  const int64_t classes = outcome.logits.size(1);
  const float* row = outcome.logits.const_data_ptr<float>();
  for (const TokenExample* example : examples) {
    outcome.labels.push_back(example->label);
    outcome.predictions.push_back(predicted_class({row, static_cast<size_t>(classes)}));
    row += classes;
  }
  return outcome;
}

Scores scores_of(const ClassOutcome& outcome) {
  const ConfusionMatrix matrix(outcome.labels, outcome.predictions, outcome.logits.size(1));
  const auto items = static_cast<double>(matrix.items());
  double loss = 0.0;
  const at::Tensor log_p = outcome.logits.to(at::kDouble).log_softmax(1);
  for (int64_t i = 0; i < matrix.items(); ++i)
    loss -= log_p[i][outcome.labels[static_cast<size_t>(i)]].item<double>();
  return {{"accuracy", static_cast<double>(matrix.correct()) / items},
          {"f1", f1_score(matrix)},
          {"matthews", matthews_correlation(matrix)},
          {"loss", loss / items}};
}

Scores scores_of(const std::vector<CompletionLoss>& losses) {
  double nll = 0.0;
  int64_t tokens = 0;
  for (const CompletionLoss& loss : losses) {
    nll += loss.nll;
    tokens += loss.tokens;
  }
  const double mean = nll / static_cast<double>(tokens);
  return {{"loss", mean}, {"perplexity", std::exp(mean)}};
}

Scores evaluate(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                TaskKind task, const PassOptions& options) {
  if (task == TaskKind::kClassification)
    return scores_of(predict_classes(model, examples, options));
  return scores_of(completion_losses(model, examples, options));
}

at::Tensor reference_logits(PretrainedModel& model, const PackedBatch& batch) {
  const EvaluationScope evaluation(model);
  model.set_compute_dtype(at::kFloat);
  return model.logits(batch);
}

MergeParity compare_logits(const at::Tensor& before, const at::Tensor& after,
                           const PackedBatch& batch, bool rounded) {
  MergeParity parity;
  parity.difference = (after - before).abs().max().item<double>();
  parity.largest_logit = before.abs().max().item<double>();
  parity.tolerance = (rounded ? 2e-2 : 1e-5) * std::max(1.0, parity.largest_logit);
  parity.loss_before = weighted_cross_entropy(before, batch).item<double>();
  parity.loss_after = weighted_cross_entropy(after, batch).item<double>();
  parity.examples = batch.sequences();
  return parity;
}

std::string to_text(const Scores& scores) {
  std::string text;
  for (const auto& [metric, value] : scores)
    text += fmt::format("{}{} {:.4f}", text.empty() ? "" : ", ", metric, value);
  return text;
}

}  // namespace eida

#include "eida/evaluation/evaluate.h"

#include <fmt/format.h>

#include <cmath>

#include "eida/generation/passes.h"
#include "eida/metrics/classification.h"

namespace eida {
namespace {

Evaluation evaluate_classes(const at::Tensor& logits,  // [n, C] float32
                            const std::vector<const TokenExample*>& examples) {
  std::vector<int64_t> gold, predicted;
  double loss = 0.0;
  const at::Tensor log_p = logits.to(at::kDouble).log_softmax(1);
  for (size_t i = 0; i < examples.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    gold.push_back(examples[i]->label);
    predicted.push_back(predicted_class(
        {logits[row].const_data_ptr<float>(), static_cast<size_t>(logits.size(1))}));
    loss -= log_p[row][gold.back()].item<double>();
  }
  const ConfusionMatrix matrix(gold, predicted, logits.size(1));
  const auto items = static_cast<double>(matrix.items());
  return {{"accuracy", static_cast<double>(matrix.correct()) / items},
          {"f1", f1_score(matrix)},
          {"matthews", matthews_correlation(matrix)},
          {"loss", loss / items}};
}

}  // namespace

Evaluation evaluate(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                    TaskKind task, const Communicator& processes,
                    const std::function<void(int64_t)>& progress) {
  PassOptions options;
  options.processes = &processes;
  options.progress = progress;
  if (task == TaskKind::kClassification)
    return evaluate_classes(classify(model, examples, options), examples);
  double nll = 0.0;
  int64_t tokens = 0;
  for (const CompletionLoss& loss : completion_losses(model, examples, options)) {
    nll += loss.nll;
    tokens += loss.tokens;
  }
  const double mean = nll / static_cast<double>(tokens);
  return {{"loss", mean}, {"perplexity", std::exp(mean)}};
}

nlohmann::ordered_json to_json(const Evaluation& evaluation) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [metric, value] : evaluation) json[metric] = value;
  return json;
}

std::string to_text(const Evaluation& evaluation) {
  std::string text;
  for (const auto& [metric, value] : evaluation)
    text += fmt::format("{}{} {:.4f}", text.empty() ? "" : ", ", metric, value);
  return text;
}

}  // namespace eida

// Classification: logits of every example, then scores.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "eida/core/error.h"
#include "eida/core/progress.h"
#include "eida/evaluation/evaluate.h"
#include "eida/metrics/classification.h"
#include "tasks.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

/// The double that prints as the float does: 0.1, not 0.10000000149011612.
double as_printed(float value) { return std::stod(fmt::format("{}", value)); }

std::string item_line(int64_t id, int64_t label, int64_t prediction,
                      std::span<const float> logits) {
  Json item = {{"id", id}};
  if (label >= 0) item["label"] = label;
  item["prediction"] = prediction;
  item["logits"] = Json::array();
  for (const float logit : logits) item["logits"].push_back(as_printed(logit));
  return item.dump();
}

std::string class_name(const Dataset& data, int64_t index) {
  const auto& names = data.class_names();
  const auto i = static_cast<size_t>(index);
  return i < names.size() ? names[i] : std::to_string(index);
}

/// The whole matrix, in scores.json up to 1,000 classes and on the page up to 20; of more classes
/// {true class, prediction, items} where there are items.
void add_confusion(EvalOutcome& outcome, const ConfusionMatrix& matrix, const Dataset& data) {
  constexpr int64_t kMostShown = 20, kMostWritten = 1000;
  std::vector<std::string> classes;
  for (int64_t c = 0; c < matrix.classes(); ++c) classes.push_back(class_name(data, c));
  outcome.details["classes"] = classes;
  Json json = Json::array();
  if (matrix.classes() > kMostWritten) {
    for (const auto& [cell, count] : matrix.cells())
      json.push_back({cell.first, cell.second, count});
    outcome.details["confusion_counts"] = json;
    return;
  }
  std::vector<std::string> header = {"label \\ prediction"};
  header.insert(header.end(), classes.begin(), classes.end());
  Table table(header, {Align::kLeft});
  for (int64_t gold = 0; gold < matrix.classes(); ++gold) {
    std::vector<std::string> cells = {classes[static_cast<size_t>(gold)]};
    Json row = Json::array();
    for (int64_t c = 0; c < matrix.classes(); ++c) {
      cells.push_back(std::to_string(matrix.at(gold, c)));
      row.push_back(matrix.at(gold, c));
    }
    if (matrix.classes() <= kMostShown) table.add_row(cells);
    json.push_back(row);
  }
  outcome.details["confusion"] = json;
  if (matrix.classes() <= kMostShown) outcome.report.tables.emplace_back("Confusion matrix", table);
}

void add_lengths(EvalOutcome& outcome, const std::vector<LengthBucket>& buckets) {
  Table table({"tokens", "items", "accuracy"}, {Align::kLeft});
  Json json = Json::array();
  for (const LengthBucket& bucket : buckets) {
    table.add_row({fmt::format("{} to {}", bucket.first, bucket.last),
                   fmt::format("{}", bucket.items), fmt::format("{:.4f}", bucket.accuracy())});
    json.push_back({{"first", bucket.first},
                    {"last", bucket.last},
                    {"n", bucket.items},
                    {"accuracy", bucket.accuracy()}});
  }
  outcome.details["by_length"] = json;
  outcome.report.tables.emplace_back("Accuracy by length", table);
}

/// An example's text, both parts of a pair, in one line.
std::string source_text(const TextExample& example) {
  std::string text = one_line(example.first);
  if (!example.second.empty()) text += " ‖ " + one_line(example.second);
  return text;
}

/// Wrong items whose logit is furthest above that of the true class.
void add_worst(EvalOutcome& outcome, const ClassOutcome& found, const TokenizedSet& set,
               const Dataset& data) {
  const auto& [logits, labels, predictions] = found;
  std::vector<double> margins;
  for (size_t i = 0; i < labels.size(); ++i) {
    const float* row = logits.const_data_ptr<float>() + static_cast<int64_t>(i) * logits.size(1);
    margins.push_back(static_cast<double>(row[predictions[i]]) - row[labels[i]]);
  }
  outcome.report.item_value = "logit above the true class's";
  const auto wrong = std::count_if(margins.begin(), margins.end(), [](double m) { return m > 0; });
  outcome.report.worst_of = fmt::format("{} wrong items", grouped(wrong));
  for (const size_t i : worst_items(margins, 0.0)) {
    outcome.report.worst.push_back({set.source[i],
                                    source_text(data.at(set.source[i])),
                                    class_name(data, predictions[i]),
                                    {class_name(data, labels[i])},
                                    margins[i]});
  }
}

ClassOutcome predict(const OpenedInputs& inputs, const TokenizedSet& set) {
  Progress progress("classifying", static_cast<int64_t>(set.examples.size()), "examples");
  return predict_classes(
      *inputs.model, set.pointers(),
      {.progress = advance_and_check(progress), .processes = inputs.compute.processes});
}

}  // namespace

EvalOutcome evaluate_classes(const Config& config, const OpenedInputs& inputs) {
  const TokenizedSet set = inputs.tokenizer.tokenize_all(*inputs.data);
  if (set.skipped > 0) {
    throw DataError("{}: {} examples have no token, so no prediction", inputs.data->name(),
                    set.skipped);
  }
  const ClassOutcome found = predict(inputs, set);
  if (!inputs.compute.processes->is_root()) return {};
  const auto& [logits, labels, predictions] = found;
  const auto classes = static_cast<size_t>(logits.size(1));
  EvalOutcome outcome;
  for (size_t i = 0; i < labels.size(); ++i) {
    outcome.items.push_back(item_line(set.source[i], labels[i], predictions[i],
                                      {logits.const_data_ptr<float>() + i * classes, classes}));
    outcome.predictions.push_back(class_name(*inputs.data, predictions[i]));
  }
  outcome.details["n"] = labels.size();
  if (!inputs.data->has_targets()) return outcome;
  const ClassificationScores scores = score_classification(
      labels, predictions, logits.size(1), set.lengths(), resampling_options(config));
  outcome.add_score("accuracy", scores.accuracy, scores.accuracy_wilson);
  outcome.add_score("f1", scores.f1, scores.f1_bootstrap);
  outcome.add_score("matthews", scores.matthews, scores.matthews_bootstrap);
  outcome.details["accuracy_bootstrap"] = {scores.accuracy_bootstrap.low,
                                           scores.accuracy_bootstrap.high};
  add_confusion(outcome, scores.confusion, *inputs.data);
  add_lengths(outcome, scores.by_length);
  add_worst(outcome, found, set, *inputs.data);
  return outcome;
}

}  // namespace eida

// Classification: logits of every example, then scores.
#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>

#include "eida/core/error.h"
#include "eida/core/progress.h"
#include "eida/evaluation/evaluate.h"
#include "eida/metrics/classification.h"
#include "eida/report/table.h"
#include "page.h"
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

Table confusion_table(const ConfusionMatrix& matrix, const Dataset& data) {
  std::vector<std::string> header = {"label \\ prediction"};
  for (int64_t c = 0; c < matrix.classes(); ++c) header.push_back(class_name(data, c));
  Table table(header, {Align::kLeft});
  for (int64_t gold = 0; gold < matrix.classes(); ++gold) {
    std::vector<std::string> row = {class_name(data, gold)};
    for (int64_t c = 0; c < matrix.classes(); ++c)
      row.push_back(fmt::format("{}", matrix.at(gold, c)));
    table.add_row(row);
  }
  return table;
}

Table length_table(const std::vector<LengthBucket>& buckets) {
  Table table({"tokens", "items", "accuracy"}, {Align::kLeft});
  for (const LengthBucket& bucket : buckets) {
    table.add_row({fmt::format("{} to {}", bucket.first, bucket.last),
                   fmt::format("{}", bucket.items), fmt::format("{:.4f}", bucket.accuracy())});
  }
  return table;
}

void add_scores(EvalOutcome& outcome, const ClassificationScores& scores, const Dataset& data) {
  outcome.scores = {{"accuracy", scores.accuracy, scores.accuracy_wilson},
                    {"f1", scores.f1, scores.f1_bootstrap},
                    {"matthews", scores.matthews, scores.matthews_bootstrap}};
  const ConfusionMatrix& matrix = scores.confusion;
  Json confusion = Json::array(), lengths = Json::array(), classes = Json::array();
  for (int64_t gold = 0; gold < matrix.classes(); ++gold) {
    Json row = Json::array();
    for (int64_t c = 0; c < matrix.classes(); ++c) row.push_back(matrix.at(gold, c));
    confusion.push_back(row);
    classes.push_back(class_name(data, gold));
  }
  for (const LengthBucket& bucket : scores.by_length) {
    lengths.push_back({{"first", bucket.first},
                       {"last", bucket.last},
                       {"n", bucket.items},
                       {"accuracy", bucket.accuracy()}});
  }
  outcome.details["accuracy_bootstrap"] = {scores.accuracy_bootstrap.low,
                                           scores.accuracy_bootstrap.high};
  outcome.details["classes"] = classes;
  outcome.details["confusion"] = confusion;
  outcome.details["by_length"] = lengths;
  constexpr int64_t kMostShown = 20;  // a wider matrix is for scores.json only
  if (matrix.classes() <= kMostShown)
    outcome.report.tables.emplace_back("Confusion matrix", confusion_table(matrix, data));
  outcome.report.tables.emplace_back("Accuracy by length", length_table(scores.by_length));
  for (const auto& [caption, table] : outcome.report.tables)
    outcome.tables += "\n" + table.render(stdout_style());
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

ClassOutcome predict(const EvalInputs& inputs, const TokenizedSet& set) {
  Progress progress("classifying", static_cast<int64_t>(set.examples.size()), "examples");
  PassOptions options;
  options.progress = advance_and_check(progress);
  options.processes = inputs.compute.processes;
  return predict_classes(*inputs.model, set.pointers(), options);
}

}  // namespace

EvalOutcome evaluate_classes(const Config& config, const EvalInputs& inputs) {
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
  add_scores(outcome,
             score_classification(labels, predictions, logits.size(1), set.lengths(),
                                  resampling_options(config)),
             *inputs.data);
  add_worst(outcome, found, set, *inputs.data);
  return outcome;
}

}  // namespace eida

#include "page.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "eida/report/page.h"
#include "eida/run/open.h"

namespace eida {

std::vector<size_t> worst_items(std::span<const double> badness, double least) {
  std::vector<size_t> order(badness.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::erase_if(order, [&](size_t i) { return !(badness[i] > least); });
  const auto shown =
      order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), kMostWorst));
  std::partial_sort(order.begin(), shown, order.end(), [&](size_t a, size_t b) {
    return badness[a] != badness[b] ? badness[a] > badness[b] : a < b;
  });
  order.erase(shown, order.end());
  return order;
}

void describe_evaluation(EvalReport& report, const Config& config, const std::string& precision,
                         const std::vector<std::string>& random_tensors) {
  report.title = fmt::format("Evaluation: {}", *config.data.task);
  report.weights = weights_origin(config);
  report.random_tensors = random_tensors;
  report.facts = {{"model", config.model.path.string()},
                  {"weights", weights_text(report.weights, random_tensors)},
                  {"data", config.data.test.string()}};
  for (const auto& adapter : config.model.adapters)
    report.facts.emplace_back("adapter", adapter.string());
  report.facts.emplace_back("precision", precision);
}

void add_worst_texts(EvalReport& report, const ScoreSet& set, const References& references,
                     const std::vector<std::string>& predictions,
                     const std::vector<std::string>& sources) {
  const TextScore* score = nullptr;
  for (const Metric metric :
       {Metric::kMeteor, Metric::kRougeL, Metric::kCider, Metric::kBleu, Metric::kNist}) {
    if (score == nullptr) score = set.find(metric);
  }
  if (score == nullptr) return;
  std::vector<double> badness(predictions.size());
  for (size_t i = 0; i < badness.size(); ++i) badness[i] = -score->statistics.item_score(i);
  report.item_value = score->name;
  report.worst_of = fmt::format("{} items", grouped(static_cast<int64_t>(badness.size())));
  for (const size_t i : worst_items(badness)) {
    report.worst.push_back({static_cast<int64_t>(i), sources.empty() ? "" : sources[i],
                            predictions[i], references[i], -badness[i]});
  }
}

std::string source_text(const TextExample& example) {
  std::string text = one_line(example.first);
  if (!example.second.empty()) text += " ‖ " + one_line(example.second);
  return text;
}

}  // namespace eida

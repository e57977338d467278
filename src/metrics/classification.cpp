#include "eida/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eida/core/error.h"

namespace eida {
namespace {

/// F1 of one class; 0 where it neither occurs nor is predicted.
double class_f1(const ConfusionMatrix& matrix, int64_t label) {
  const int64_t both = matrix.gold_count(label) + matrix.predicted_count(label);
  return both == 0 ? 0.0 : 2.0 * static_cast<double>(matrix.at(label, label)) / both;
}

double accuracy_of(const ConfusionMatrix& matrix) {
  return static_cast<double>(matrix.correct()) / static_cast<double>(matrix.items());
}

/// Intervals of all three scores from the same resampled items.
void add_bootstrap(std::span<const int64_t> gold, std::span<const int64_t> predicted,
                   int64_t classes, const ResamplingOptions& options,
                   ClassificationScores& scores) {
  std::vector<double> accuracy, f1, matthews;
  resample(gold.size(), options, "bootstrap", [&](std::span<const int32_t> counts) {
    const ConfusionMatrix matrix(gold, predicted, classes, counts);
    accuracy.push_back(accuracy_of(matrix));
    f1.push_back(f1_score(matrix));
    matthews.push_back(matthews_correlation(matrix));
  });
  scores.accuracy_bootstrap = percentile_interval(std::move(accuracy), options.level);
  scores.f1_bootstrap = percentile_interval(std::move(f1), options.level);
  scores.matthews_bootstrap = percentile_interval(std::move(matthews), options.level);
}

std::vector<LengthBucket> accuracy_by_length(std::span<const int64_t> gold,
                                             std::span<const int64_t> predicted,
                                             std::span<const int64_t> lengths) {
  constexpr size_t kBuckets = 5;
  if (lengths.size() != gold.size()) {
    throw DataError("{} lengths for {} items", lengths.size(), gold.size());
  }
  std::vector<size_t> order(gold.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return lengths[a] < lengths[b]; });
  std::vector<LengthBucket> result;
  for (const size_t item : order) {
    const bool full =
        result.empty() || static_cast<size_t>(result.back().items) * kBuckets >= order.size();
    if (full && (result.empty() || lengths[item] != result.back().last)) {
      result.push_back({lengths[item], lengths[item], 0, 0});
    }
    LengthBucket& bucket = result.back();
    bucket.last = lengths[item];
    ++bucket.items;
    if (gold[item] == predicted[item]) ++bucket.correct;
  }
  return result;
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::span<const int64_t> gold, std::span<const int64_t> predicted,
                                 int64_t classes, std::span<const int32_t> counts)
    : counts_(static_cast<size_t>(std::max<int64_t>(classes, 0) * classes)),
      gold_counts_(static_cast<size_t>(std::max<int64_t>(classes, 0))),
      predicted_counts_(gold_counts_.size()) {
  if (gold.empty() || gold.size() != predicted.size()) {
    throw DataError("{} labels and {} predictions: wanted as many of both, at least one",
                    gold.size(), predicted.size());
  }
  for (size_t i = 0; i < gold.size(); ++i) {
    for (const int64_t label : {gold[i], predicted[i]}) {
      if (label < 0 || label >= classes) {
        throw DataError("item {}: class {} is outside 0..{}", i + 1, label, classes - 1);
      }
    }
    const int64_t count = counts.empty() ? 1 : counts[i];
    counts_[static_cast<size_t>(gold[i] * classes + predicted[i])] += count;
    gold_counts_[static_cast<size_t>(gold[i])] += count;
    predicted_counts_[static_cast<size_t>(predicted[i])] += count;
    items_ += count;
    if (gold[i] == predicted[i]) correct_ += count;
  }
}

double f1_score(const ConfusionMatrix& matrix) {
  if (matrix.classes() == 2) return class_f1(matrix, 1);
  double sum = 0.0;
  int64_t occurring = 0;
  for (int64_t label = 0; label < matrix.classes(); ++label) {
    sum += class_f1(matrix, label);
    if (matrix.gold_count(label) + matrix.predicted_count(label) > 0) ++occurring;
  }
  return sum / static_cast<double>(occurring);
}

double matthews_correlation(const ConfusionMatrix& matrix) {
  const double n = static_cast<double>(matrix.items());
  double both = 0.0, gold = 0.0, predicted = 0.0;
  for (int64_t label = 0; label < matrix.classes(); ++label) {
    const auto g = static_cast<double>(matrix.gold_count(label));
    const auto p = static_cast<double>(matrix.predicted_count(label));
    both += g * p;
    gold += g * g;
    predicted += p * p;
  }
  const double spread = (n * n - gold) * (n * n - predicted);
  if (spread <= 0.0) return 0.0;
  return (static_cast<double>(matrix.correct()) * n - both) / std::sqrt(spread);
}

ClassificationScores score_classification(std::span<const int64_t> gold,
                                          std::span<const int64_t> predicted, int64_t classes,
                                          std::span<const int64_t> lengths,
                                          const ResamplingOptions& options) {
  const ConfusionMatrix matrix(gold, predicted, classes);
  ClassificationScores scores{.confusion = matrix};
  scores.accuracy = accuracy_of(matrix);
  scores.f1 = f1_score(matrix);
  scores.matthews = matthews_correlation(matrix);
  scores.accuracy_wilson = wilson_interval(matrix.correct(), matrix.items(), options.level);
  add_bootstrap(gold, predicted, classes, options, scores);
  if (!lengths.empty()) scores.by_length = accuracy_by_length(gold, predicted, lengths);
  return scores;
}

int64_t predicted_class(std::span<const float> logits) {
  for (size_t i = 0; i < logits.size(); ++i) {
    if (!std::isfinite(logits[i])) throw NumericError("logit of class {} is not finite", i);
  }
  return std::distance(logits.begin(), std::max_element(logits.begin(), logits.end()));
}

}  // namespace eida

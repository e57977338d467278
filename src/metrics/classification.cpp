#include "eida/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "resampling.h"

namespace eida {
namespace {

void check_sizes(size_t gold, size_t predicted) {
  if (gold == 0 || gold != predicted) {
    throw DataError("{} labels and {} predictions: wanted as many of both, at least one", gold,
                    predicted);
  }
}

/// Intervals of all three scores from the same resampled items.
void add_bootstrap(std::span<const int64_t> gold, std::span<const int64_t> predicted,
                   int64_t classes, const ResamplingOptions& options,
                   ClassificationScores& scores) {
  metrics::check_resampling(options);
  Rng rng(options.seed, "bootstrap");
  const size_t n = gold.size();
  std::vector<int64_t> drawn_gold(n), drawn_predicted(n);
  std::vector<double> accuracy, f1, matthews;
  for (int sample = 0; sample < options.samples; ++sample) {
    for (size_t i = 0; i < n; ++i) {
      const size_t item = rng.below(n);
      drawn_gold[i] = gold[item];
      drawn_predicted[i] = predicted[item];
    }
    const ConfusionMatrix matrix(drawn_gold, drawn_predicted, classes);
    accuracy.push_back(static_cast<double>(matrix.correct()) / static_cast<double>(n));
    f1.push_back(f1_score(matrix));
    matthews.push_back(matthews_correlation(matrix));
  }
  scores.accuracy_bootstrap = metrics::percentile_interval(std::move(accuracy), options.level);
  scores.f1_bootstrap = metrics::percentile_interval(std::move(f1), options.level);
  scores.matthews_bootstrap = metrics::percentile_interval(std::move(matthews), options.level);
}

}  // namespace

ConfusionMatrix::ConfusionMatrix(std::span<const int64_t> gold, std::span<const int64_t> predicted,
                                 int64_t classes)
    : classes_(classes), counts_(static_cast<size_t>(std::max<int64_t>(classes, 0) * classes), 0) {
  check_sizes(gold.size(), predicted.size());
  for (size_t i = 0; i < gold.size(); ++i) {
    for (const int64_t label : {gold[i], predicted[i]}) {
      if (label < 0 || label >= classes) {
        throw DataError("item {}: class {} is outside 0..{}", i + 1, label, classes - 1);
      }
    }
    ++counts_[static_cast<size_t>(gold[i] * classes_ + predicted[i])];
  }
}

int64_t ConfusionMatrix::items() const {
  return std::accumulate(counts_.begin(), counts_.end(), int64_t{0});
}
int64_t ConfusionMatrix::correct() const {
  int64_t sum = 0;
  for (int64_t label = 0; label < classes_; ++label) sum += at(label, label);
  return sum;
}
int64_t ConfusionMatrix::gold_count(int64_t label) const {
  int64_t sum = 0;
  for (int64_t other = 0; other < classes_; ++other) sum += at(label, other);
  return sum;
}
int64_t ConfusionMatrix::predicted_count(int64_t label) const {
  int64_t sum = 0;
  for (int64_t other = 0; other < classes_; ++other) sum += at(other, label);
  return sum;
}

double class_f1(const ConfusionMatrix& matrix, int64_t label) {
  const int64_t both = matrix.gold_count(label) + matrix.predicted_count(label);
  return both == 0 ? 0.0 : 2.0 * static_cast<double>(matrix.at(label, label)) / both;
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

std::vector<LengthBucket> accuracy_by_length(std::span<const int64_t> gold,
                                             std::span<const int64_t> predicted,
                                             std::span<const int64_t> lengths, size_t buckets) {
  check_sizes(gold.size(), predicted.size());
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
        result.empty() || static_cast<size_t>(result.back().items) * buckets >= order.size();
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

ClassificationScores score_classification(std::span<const int64_t> gold,
                                          std::span<const int64_t> predicted, int64_t classes,
                                          std::span<const int64_t> lengths,
                                          const ResamplingOptions& options) {
  const ConfusionMatrix matrix(gold, predicted, classes);
  ClassificationScores scores{.confusion = matrix};
  scores.accuracy = static_cast<double>(matrix.correct()) / static_cast<double>(matrix.items());
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

#include "eida/metrics/classification.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eida/core/error.h"

namespace eida {
namespace {

/// F1 of one class; 0 where it neither occurs nor is predicted.
double class_f1(const ClassCounts& of) {
  const int64_t both = of.gold + of.predicted;
  return both == 0 ? 0.0 : 2.0 * static_cast<double>(of.correct) / both;
}

double f1_of(std::span<const ClassCounts> counts, int64_t classes) {
  double sum = 0.0;
  int64_t occurring = 0;
  for (const ClassCounts& of : counts) {
    if (classes == 2 && of.label == 1) return class_f1(of);
    sum += class_f1(of);
    if (of.gold + of.predicted > 0) ++occurring;
  }
  return classes == 2 ? 0.0 : sum / static_cast<double>(occurring);
}

double matthews_of(std::span<const ClassCounts> counts) {
  double n = 0.0, correct = 0.0, both = 0.0, gold = 0.0, predicted = 0.0;
  for (const ClassCounts& of : counts) {
    const auto g = static_cast<double>(of.gold), p = static_cast<double>(of.predicted);
    n += g;
    correct += static_cast<double>(of.correct);
    both += g * p;
    gold += g * g;
    predicted += p * p;
  }
  const double spread = (n * n - gold) * (n * n - predicted);
  if (spread <= 0.0) return 0.0;
  return (correct * n - both) / std::sqrt(spread);
}

double accuracy_of(const ConfusionMatrix& matrix) {
  return static_cast<double>(matrix.correct()) / static_cast<double>(matrix.items());
}

/// Intervals of all three scores from the same resampled items.
void add_bootstrap(std::span<const int64_t> gold, std::span<const int64_t> predicted,
                   const ResamplingOptions& options, ClassificationScores& scores) {
  std::vector<ClassCounts> drawn = scores.confusion.counts();
  const auto places_of = [&](std::span<const int64_t> labels) {
    std::vector<size_t> places;
    for (const int64_t label : labels) {
      const auto found = std::ranges::lower_bound(drawn, label, {}, &ClassCounts::label);
      places.push_back(static_cast<size_t>(found - drawn.begin()));
    }
    return places;
  };
  const std::vector<size_t> golds = places_of(gold), predictions = places_of(predicted);
  std::vector<double> accuracy, f1, matthews;
  resample(gold.size(), options, "bootstrap", [&](std::span<const int32_t> counts) {
    for (ClassCounts& of : drawn) of = {.label = of.label};
    int64_t correct = 0;
    for (size_t i = 0; i < counts.size(); ++i) {
      drawn[golds[i]].gold += counts[i];
      drawn[predictions[i]].predicted += counts[i];
      if (golds[i] != predictions[i]) continue;
      drawn[golds[i]].correct += counts[i];
      correct += counts[i];
    }
    accuracy.push_back(static_cast<double>(correct) / static_cast<double>(counts.size()));
    f1.push_back(f1_of(drawn, scores.confusion.classes()));
    matthews.push_back(matthews_of(drawn));
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
                                 int64_t classes)
    : classes_(classes), items_(std::ssize(gold)) {
  if (gold.empty() || gold.size() != predicted.size()) {
    throw DataError("{} labels and {} predictions: wanted as many of both, at least one",
                    gold.size(), predicted.size());
  }
  std::map<int64_t, ClassCounts> by_class;
  for (size_t i = 0; i < gold.size(); ++i) {
    for (const int64_t label : {gold[i], predicted[i]}) {
      if (label < 0 || label >= classes) {
        throw DataError("item {}: class {} is outside 0..{}", i + 1, label, classes - 1);
      }
    }
    ++cells_[{gold[i], predicted[i]}];
    ++by_class[gold[i]].gold;
    ++by_class[predicted[i]].predicted;
    if (gold[i] != predicted[i]) continue;
    ++by_class[gold[i]].correct;
    ++correct_;
  }
  for (auto& [label, counts] : by_class) {
    counts.label = label;
    counts_.push_back(counts);
  }
}

int64_t ConfusionMatrix::at(int64_t gold, int64_t predicted) const {
  const auto found = cells_.find({gold, predicted});
  return found == cells_.end() ? 0 : found->second;
}

double f1_score(const ConfusionMatrix& matrix) { return f1_of(matrix.counts(), matrix.classes()); }

double matthews_correlation(const ConfusionMatrix& matrix) { return matthews_of(matrix.counts()); }

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
  add_bootstrap(gold, predicted, options, scores);
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

#include <algorithm>
#include <array>
#include <cmath>

#include "eida/metrics/rouge_cider.h"
#include "ngrams.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

constexpr int kOrder = 4;
constexpr double kSigma = 6.0;
using PerOrder = std::array<double, kOrder>;

/// log(items) - log(items with a reference that holds the n-gram), by n-gram number.
std::vector<double> inverse_frequencies(const TextCorpus& corpus) {
  const NgramIndex& index = corpus.ngrams().index();
  std::vector<double> frequency(static_cast<size_t>(index.size()), 0.0);
  StampedCounts seen(index.size());
  for (const ItemTexts& item : corpus.items()) {
    seen.clear();
    for (size_t r = 0; r < item.references; ++r) {
      for (int n = 1; n <= kOrder; ++n) {
        for (const int32_t id : corpus.ngrams().ngrams(item.first_reference + r, n)) {
          if (seen.add(id) == 0) frequency[static_cast<size_t>(id)] += 1.0;
        }
      }
    }
  }
  const double log_items = std::log(static_cast<double>(corpus.items().size()));
  for (double& value : frequency) value = log_items - std::log(std::max(1.0, value));
  return frequency;
}

class CiderScorer {
 public:
  explicit CiderScorer(const TextCorpus& corpus)
      : corpus_(corpus.ngrams()),
        weights_(inverse_frequencies(corpus)),
        predicted_(corpus_.index().size()),
        reference_(corpus_.index().size()) {}

  double score(const ItemTexts& item) {
    predicted_.clear();
    const PerOrder norm = norms(item.prediction, predicted_);
    double sum = 0.0;
    for (size_t r = 0; r < item.references; ++r) {
      sum += similarity(item.prediction, norm, item.first_reference + r) / kOrder;
    }
    return 10.0 * sum / static_cast<double>(item.references);
  }

 private:
  double value(const StampedCounts& counts, int32_t id) const {
    return counts[id] * weights_[static_cast<size_t>(id)];
  }

  /// Counts a text's n-grams and takes the norm of each order's vector.
  PerOrder norms(size_t text, StampedCounts& counts) {
    PerOrder norm{};
    for (int n = 1; n <= kOrder; ++n) {
      double squares = 0.0;
      for (const int32_t id : corpus_.ngrams(text, n)) {
        const double weight = weights_[static_cast<size_t>(id)];
        // (c + 1)² - c² = 2c + 1: the sum of squares grows with the count.
        squares += weight * weight * (2.0 * counts.add(id) + 1.0);
      }
      norm[static_cast<size_t>(n - 1)] = std::sqrt(squares);
    }
    return norm;
  }

  double similarity(size_t prediction, const PerOrder& prediction_norm, size_t reference) {
    reference_.clear();
    const PerOrder reference_norm = norms(reference, reference_);
    const double gap = bigrams(prediction) - bigrams(reference);
    double sum = 0.0;
    for (int n = 1; n <= kOrder; ++n) {
      double dot = 0.0;
      for (const int32_t id : corpus_.ngrams(prediction, n)) {
        if (reference_[id] == 0) continue;
        const double wanted = value(reference_, id), got = value(predicted_, id);
        dot +=
            std::min(got, wanted) * wanted / predicted_[id];  // an id comes as often as it counts
      }
      const double norm = prediction_norm[n - 1] * reference_norm[n - 1];
      sum += norm != 0.0 ? dot / norm : dot;
    }
    return sum * std::exp(-gap * gap / (2.0 * kSigma * kSigma));
  }

  double bigrams(size_t text) const {
    return static_cast<double>(std::max<int64_t>(0, corpus_.length(text) - 1));
  }

  const NgramCorpus& corpus_;
  std::vector<double> weights_;
  StampedCounts predicted_, reference_;
};

}  // namespace

std::vector<double> cider_items(const References& references,
                                const std::vector<std::string>& predictions) {
  const TextCorpus corpus(kOrder, references, predictions, split_space);
  CiderScorer scorer(corpus);
  std::vector<double> scores;
  for (const ItemTexts& item : corpus.items()) scores.push_back(scorer.score(item));
  return scores;
}

}  // namespace eida

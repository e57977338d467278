#include "eida/metrics/rouge_cider.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "ngrams.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

/// Word numbers of a text cut at single spaces; an empty text is one empty word.
std::vector<int32_t> words_of(std::string_view text, Vocabulary& vocabulary) {
  std::vector<int32_t> words;
  for (size_t begin = 0;;) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    words.push_back(vocabulary.intern(text.substr(begin, end - begin)));
    if (end == text.size()) return words;
    begin = end + 1;
  }
}

/// Length of the longest common subsequence.
int32_t common_subsequence(const std::vector<int32_t>& a, const std::vector<int32_t>& b,
                           std::vector<int32_t>& row) {
  row.assign(b.size() + 1, 0);
  for (const int32_t word : a) {
    int32_t diagonal = 0;
    for (size_t j = 0; j < b.size(); ++j) {
      const int32_t above = row[j + 1];
      row[j + 1] = word == b[j] ? diagonal + 1 : std::max(above, row[j]);
      diagonal = above;
    }
  }
  return row.back();
}

constexpr int kOrder = 4;
constexpr double kSigma = 6.0;
using PerOrder = std::array<double, kOrder>;

/// log(items) - log(items with a reference that holds the n-gram), by n-gram number.
std::vector<double> inverse_frequencies(const TextCorpus& corpus) {
  const NgramIndex& index = corpus.index();
  std::vector<double> frequency(static_cast<size_t>(index.size()), 0.0);
  StampedCounts seen(index.size());
  for (const ItemTexts& item : corpus.items()) {
    seen.clear();
    for (const size_t reference : item.reference_texts()) {
      for (int n = 1; n <= kOrder; ++n) {
        for (const int32_t id : corpus.ngrams(reference, n)) {
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
      : corpus_(corpus),
        weights_(inverse_frequencies(corpus)),
        predicted_(corpus.index().size()),
        reference_(corpus.index().size()) {}

  double score(const ItemTexts& item) {
    predicted_.clear();
    const PerOrder norm = norms(item.prediction, predicted_);
    double sum = 0.0;
    for (const size_t reference : item.reference_texts())
      sum += similarity(item.prediction, norm, reference) / kOrder;
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
    const auto gap = static_cast<double>(std::ssize(corpus_.ngrams(prediction, 2)) -
                                         std::ssize(corpus_.ngrams(reference, 2)));
    double sum = 0.0;
    for (int n = 1; n <= kOrder; ++n) {
      double dot = 0.0;
      for (const int32_t id : corpus_.ngrams(prediction, n)) {
        if (reference_[id] == 0) continue;
        const double wanted = value(reference_, id), got = value(predicted_, id);
        // An id comes as often as it counts.
        dot += std::min(got, wanted) * wanted / predicted_[id];
      }
      const double norm = prediction_norm[n - 1] * reference_norm[n - 1];
      sum += norm != 0.0 ? dot / norm : dot;
    }
    return sum * std::exp(-gap * gap / (2.0 * kSigma * kSigma));
  }

  const TextCorpus& corpus_;
  std::vector<double> weights_;
  StampedCounts predicted_, reference_;
};

}  // namespace

std::vector<double> rouge_l_items(const References& references,
                                  const std::vector<std::string>& predictions) {
  constexpr double kBetaSquared = 1.2 * 1.2;
  Vocabulary vocabulary;
  std::vector<double> scores;
  std::vector<int32_t> row;
  for (size_t i = 0; i < predictions.size(); ++i) {
    const std::vector<int32_t> prediction = words_of(predictions[i], vocabulary);
    double precision = 0.0, recall = 0.0;
    for (const std::string& text : references[i]) {
      const std::vector<int32_t> reference = words_of(text, vocabulary);
      const double common = common_subsequence(prediction, reference, row);
      precision = std::max(precision, common / static_cast<double>(prediction.size()));
      recall = std::max(recall, common / static_cast<double>(reference.size()));
    }
    const bool some = precision != 0.0 && recall != 0.0;
    scores.push_back(some ? (1.0 + kBetaSquared) * precision * recall /
                                (recall + kBetaSquared * precision)
                          : 0.0);
  }
  return scores;
}

std::vector<double> cider_items(const References& references,
                                const std::vector<std::string>& predictions) {
  const TextCorpus corpus(kOrder, references, predictions, split_space);
  CiderScorer scorer(corpus);
  std::vector<double> scores;
  for (const ItemTexts& item : corpus.items()) scores.push_back(scorer.score(item));
  return scores;
}

}  // namespace eida

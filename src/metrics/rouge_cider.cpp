#include "eida/metrics/rouge_cider.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "eida/core/signals.h"
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

/// Length of the longest common subsequence: 64 words of b at a time, whose bits in `row` are 0
/// where the length grows. Source: Hyyrö 2004, Bit-parallel LCS-length computation revisited.
int64_t common_subsequence(const std::vector<int32_t>& a, const std::vector<int32_t>& b) {
  const size_t width = b.size() / 64 + 1;
  std::vector<std::pair<int32_t, size_t>> places(b.size());  // each word of b and where it stands
  for (size_t j = 0; j < b.size(); ++j) places[j] = {b[j], j};
  std::ranges::sort(places);
  std::vector<uint64_t> row(width, ~uint64_t{0}), rare(width, 0);
  std::map<int32_t, std::vector<uint64_t>> frequent;  // at most 64, as each is a 64th of b
  for (const int32_t word : a) {
    check_interrupted();
    const auto found =
        std::ranges::equal_range(places, word, {}, &std::pair<int32_t, size_t>::first);
    if (found.empty()) continue;
    const bool is_rare = found.size() <= width;
    std::vector<uint64_t>& here = is_rare ? rare : frequent[word];
    if (here.empty() || is_rare) {
      here.resize(width, 0);
      for (const auto& [same, j] : found) here[j / 64] |= uint64_t{1} << (j % 64);
    }
    uint64_t carry = 0;
    for (size_t i = 0; i < width; ++i) {
      const uint64_t matched = row[i] & here[i], sum = row[i] + matched, next = sum + carry;
      carry = (sum < matched || next < carry) ? 1 : 0;
      row[i] = next | (row[i] & ~here[i]);
    }
    for (size_t k = 0; is_rare && k < found.size(); ++k) here[found[k].second / 64] = 0;
  }
  int64_t length = 0;
  for (size_t j = 0; j < b.size(); ++j) length += (row[j / 64] >> (j % 64) & 1) == 0 ? 1 : 0;
  return length;
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
  for (size_t i = 0; i < predictions.size(); ++i) {
    const std::vector<int32_t> prediction = words_of(predictions[i], vocabulary);
    double precision = 0.0, recall = 0.0;
    for (const std::string& text : references[i]) {
      const std::vector<int32_t> reference = words_of(text, vocabulary);
      const auto common = static_cast<double>(common_subsequence(prediction, reference));
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

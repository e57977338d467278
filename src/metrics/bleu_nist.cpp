#include "eida/metrics/bleu_nist.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "ngrams.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

constexpr int kBleu = 4, kNist = 5;  // orders
// Rows of statistics. BLEU: hits [4], lengths [4], closest reference length.
constexpr size_t kBleuReference = 2 * kBleu;
constexpr size_t kBleuWidth = kBleuReference + 1;
// NIST: hit information [5], lengths [5], prediction length, mean reference length, sum of
// reference lengths, number of non-empty references, 1.
enum NistField : size_t {
  kPredictionLength = 2 * kNist,
  kMeanLength,
  kReferenceLengths,
  kReferenceCount,
  kItems,
  kNistWidth
};

double perl_bleu(std::span<const double> sums) {
  const double length = sums[kBleu];
  if (length == 0) return 0.0;
  double log_precision = 0.0, zero_orders = 1.0;
  for (size_t n = 0; n < kBleu; ++n) {
    const double total = sums[kBleu + n];
    if (total == 0) continue;
    if (sums[n] == 0) zero_orders *= 2.0;
    log_precision += std::log(sums[n] == 0 ? 1.0 / (zero_orders * total) : sums[n] / total);
  }
  return std::exp(std::min(0.0, 1.0 - sums[kBleuReference] / length) + log_precision / kBleu);
}

/// Source: mteval-v13a; the score halves where the prediction has two thirds of the words.
double nist_length_penalty(double ratio) {
  if (ratio >= 1.0) return 1.0;
  if (!(ratio > 0.0)) return 0.0;
  const double beta = -std::log(0.5) / (std::log(1.5) * std::log(1.5));
  return std::exp(-beta * std::log(ratio) * std::log(ratio));
}

double nist_information(std::span<const double> sums, bool at_least_one) {
  double information = 0.0;
  for (size_t n = 0; n < kNist; ++n) {
    const double length = at_least_one ? std::max(1.0, sums[kNist + n]) : sums[kNist + n];
    if (sums[n] != 0) information += sums[n] / length;
  }
  return information;
}

double pymteval_nist(std::span<const double> sums) {
  return nist_information(sums, false) *
         nist_length_penalty(sums[kPredictionLength] / sums[kMeanLength]);
}

double perl_nist(std::span<const double> sums) {
  const double references = sums[kReferenceCount] / sums[kItems];
  return nist_information(sums, true) *
         nist_length_penalty(sums[kPredictionLength] * references / sums[kReferenceLengths]);
}

/// Length of the reference closest to the prediction, the shorter one on ties.
int64_t closest_length(const NgramCorpus& corpus, const ItemTexts& item) {
  const int64_t length = corpus.length(item.prediction);
  int64_t best = -1;
  for (size_t r = 0; r < item.references; ++r) {
    const int64_t candidate = corpus.length(item.first_reference + r);
    if (candidate == 0) continue;  // pymteval has none: its empty text is one token
    const int64_t gap = std::abs(candidate - length), best_gap = std::abs(best - length);
    if (best < 0 || gap < best_gap || (gap == best_gap && candidate < best)) best = candidate;
  }
  return std::max<int64_t>(0, best);
}

/// How often each n-gram occurs in references, and the number of their tokens.
struct ReferenceCounts {
  explicit ReferenceCounts(const NgramCorpus& corpus) : counts(corpus.index().size()) {}
  void clear() {
    counts.clear();
    tokens = 0;
  }
  void add(const NgramCorpus& corpus, const ItemTexts& item) {
    for (size_t text = item.first_reference; text < item.first_reference + item.references;
         ++text) {
      tokens += corpus.length(text);
      for (int n = 1; n <= corpus.order(); ++n) {
        for (const int32_t id : corpus.ngrams(text, n)) counts.add(id);
      }
    }
  }
  /// Information of a seen n-gram in bits.
  double information(const NgramIndex& index, int32_t id) const {
    const int32_t prefix = index.prefix(id);
    const double of_prefix =
        prefix == NgramIndex::kNone ? static_cast<double>(tokens) : counts[prefix];
    return std::log2(of_prefix / counts[id]);
  }

  StampedCounts counts;
  int64_t tokens = 0;
};

/// A distinct n-gram of a prediction and how often it counts as found.
struct ClippedHit {
  int32_t id = 0;
  int32_t count = 0;  ///< min(count in the prediction, largest count in a reference)
};

/// Finds the clipped hits of an item, order by order; its tables are reused from item to item.
class HitCounter {
 public:
  explicit HitCounter(const NgramCorpus& corpus)
      : corpus_(corpus),
        predicted_(corpus.index().size()),
        reference_(corpus.index().size()),
        largest_(corpus.index().size()) {}

  /// Distinct n-grams of the prediction that some reference has. Valid until the next call.
  const std::vector<ClippedHit>& hits(const ItemTexts& item, int n) {
    predicted_.clear();
    largest_.clear();
    hits_.clear();
    for (const int32_t id : corpus_.ngrams(item.prediction, n)) {
      if (predicted_.add(id) == 0) hits_.push_back({id, 0});
    }
    for (size_t r = 0; r < item.references; ++r) {
      reference_.clear();
      for (const int32_t id : corpus_.ngrams(item.first_reference + r, n)) {
        if (predicted_[id] == 0) continue;
        const int32_t count = reference_.add(id) + 1;
        if (count > largest_[id]) largest_.set(id, count);
      }
    }
    for (ClippedHit& hit : hits_) hit.count = std::min(predicted_[hit.id], largest_[hit.id]);
    std::erase_if(hits_, [](const ClippedHit& hit) { return hit.count == 0; });
    return hits_;
  }

 private:
  const NgramCorpus& corpus_;
  StampedCounts predicted_, reference_, largest_;
  std::vector<ClippedHit> hits_;
};

/// Statistics of one item: BLEU's hits and lengths, and NIST's with the given reference counts.
class ItemCounter {
 public:
  ItemCounter(const NgramCorpus& corpus, MtevalConvention convention)
      : corpus_(corpus), counter_(corpus), perl_(convention == MtevalConvention::kPerl) {}

  void count(const ItemTexts& item, const ReferenceCounts& references, double* bleu, double* nist) {
    const int64_t length = corpus_.length(item.prediction);
    for (int n = 1; n <= kNist; ++n) {
      double hits = 0.0, information = 0.0;
      for (const ClippedHit& hit : counter_.hits(item, n)) {
        hits += hit.count;
        information += hit.count * references.information(corpus_.index(), hit.id);
      }
      // pymteval lets the number of n-grams of a very short text go below zero.
      const int64_t total = perl_ ? std::max<int64_t>(0, length - n + 1) : length - n + 1;
      nist[n - 1] = information;
      nist[kNist + n - 1] = static_cast<double>(total);
      if (n > kBleu) continue;
      bleu[n - 1] = hits;
      bleu[kBleu + n - 1] = static_cast<double>(total);
    }
    bleu[kBleuReference] = static_cast<double>(closest_length(corpus_, item));
    count_lengths(item, nist);
  }

 private:
  void count_lengths(const ItemTexts& item, double* nist) const {
    int64_t sum = 0, filled = 0;
    for (size_t r = 0; r < item.references; ++r) {
      const int64_t length = corpus_.length(item.first_reference + r);
      sum += length;
      if (length > 0) ++filled;
    }
    nist[kPredictionLength] = static_cast<double>(corpus_.length(item.prediction));
    nist[kMeanLength] = static_cast<double>(sum) / static_cast<double>(item.references);
    nist[kReferenceLengths] = static_cast<double>(sum);
    nist[kReferenceCount] = static_cast<double>(filled);
    nist[kItems] = 1.0;
  }

  const NgramCorpus& corpus_;
  HitCounter counter_;
  bool perl_;
};

double corpus_bleu(std::span<const double> sums) { return pymteval_bleu(sums, 0.0); }

TextCorpus corpus_of(const References& references, const std::vector<std::string>& predictions,
                     MtevalConvention convention) {
  return {kNist, references, predictions,
          [&](std::string_view text) { return mteval_tokens(text, convention); }};
}

MtevalItems score_items(const TextCorpus& corpus) {
  ItemCounter counter(corpus.ngrams(), MtevalConvention::kPymteval);
  ReferenceCounts counts(corpus.ngrams());
  MtevalItems items;
  std::vector<double> bleu(kBleuWidth), nist(kNistWidth);
  for (const ItemTexts& item : corpus.items()) {
    counts.clear();
    counts.add(corpus.ngrams(), item);
    counter.count(item, counts, bleu.data(), nist.data());
    items.bleu.push_back(pymteval_bleu(bleu, 0.0));
    items.sentence_bleu.push_back(pymteval_bleu(bleu, 1.0));
    items.nist.push_back(pymteval_nist(nist));
  }
  return items;
}

}  // namespace

double pymteval_bleu(std::span<const double> sums, double smoothing) {
  double log_precision = 0.0;
  for (size_t n = 0; n < kBleu; ++n) {
    log_precision += std::log(std::max(sums[n] + smoothing, 1e-15) /
                              std::max(sums[kBleu + n] + smoothing, 1e-9));
  }
  const double length = sums[kBleu], reference = sums[kBleuReference];
  const double brevity =
      length > reference ? 1.0 : std::exp(1.0 - reference / (length == 0 ? 1e-5 : length));
  return brevity * std::exp(log_precision / kBleu);
}

MtevalScores mteval_scores(const References& references,
                           const std::vector<std::string>& predictions, MtevalConvention convention,
                           bool per_item) {
  const TextCorpus corpus = corpus_of(references, predictions, convention);
  const bool perl = convention == MtevalConvention::kPerl;
  MtevalScores scores;
  scores.bleu = {kBleuWidth, std::vector<double>(predictions.size() * kBleuWidth),
                 perl ? perl_bleu : corpus_bleu};
  scores.nist = {kNistWidth, std::vector<double>(predictions.size() * kNistWidth),
                 perl ? perl_nist : pymteval_nist};
  ReferenceCounts counts(corpus.ngrams());
  for (const ItemTexts& item : corpus.items()) counts.add(corpus.ngrams(), item);
  ItemCounter counter(corpus.ngrams(), convention);
  for (size_t i = 0; i < predictions.size(); ++i) {
    counter.count(corpus.items()[i], counts, scores.bleu.values.data() + i * kBleuWidth,
                  scores.nist.values.data() + i * kNistWidth);
  }
  if (per_item && perl) {
    scores.items = score_items(corpus_of(references, predictions, MtevalConvention::kPymteval));
  } else if (per_item) {
    scores.items = score_items(corpus);
  }
  return scores;
}

}  // namespace eida

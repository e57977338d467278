#include "eida/metrics/bleu_nist.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "ngrams.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

bool is_digit_byte(char c) { return c >= '0' && c <= '9'; }
bool is_no_digit(char c) { return !is_digit_byte(c); }
bool is_mark(char c) { return c == '.' || c == ','; }
bool is_hyphen(char c) { return c == '-'; }

/// Of the set !"#$%&()*+/:;<=>?@[\]^_`{|}~: the signs of ASCII but those of words and numbers.
bool is_sign(char c) {
  const auto code = static_cast<unsigned char>(c);
  return code > 0x20 && code < 0x7F && !is_ascii_alnum(code) && !is_mark(c) && !is_hyphen(c) &&
         c != '\'';
}

void put(std::string& out, char c, bool apart) {
  if (apart) out.push_back(' ');
  out.push_back(c);
  if (apart) out.push_back(' ');
}

/// Entities resolved, line ends gone, every sign set apart.
std::string split_symbols(std::string_view text) {
  constexpr std::array<std::array<std::string_view, 2>, 7> kReplaced{{{"<skipped>", ""},
                                                                      {"-\n", ""},
                                                                      {"\n", " "},
                                                                      {"&quot;", "\""},
                                                                      {"&amp;", "&"},
                                                                      {"&lt;", "<"},
                                                                      {"&gt;", ">"}}};
  std::string clean(text);
  for (const auto& [from, to] : kReplaced) replace_all(clean, from, to);
  std::string out = " ";
  out.reserve(clean.size() + 32);
  for (const char c : clean) put(out, c, is_sign(c));
  out.push_back(' ');
  return out;
}

/// Sets one of two adjacent characters apart, the first or the second, where both fit; the next
/// pair starts behind them, as in a regular expression's global replacement.
template <typename First, typename Second>
std::string split_pairs(const std::string& text, First first, Second second, bool apart_first) {
  std::string out;
  out.reserve(text.size() + 32);
  for (size_t i = 0; i < text.size(); ++i) {
    const bool fits = i + 1 < text.size() && first(text[i]) && second(text[i + 1]);
    put(out, text[i], fits && apart_first);
    if (fits) put(out, text[++i], !apart_first);
  }
  return out;
}

std::string split_marks(const std::string& text) {
  std::string out = split_pairs(text, is_no_digit, is_mark, false);
  out = split_pairs(out, is_mark, is_no_digit, true);
  if (out.find('-') == std::string::npos) return out;
  return split_pairs(out, is_digit_byte, is_hyphen, false);
}

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

/// \param smoothing added to hits and lengths; 1 is sentence BLEU.
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

double pymteval_corpus_bleu(std::span<const double> sums) { return pymteval_bleu(sums, 0.0); }

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

/// How often each n-gram occurs in references, and the number of their tokens.
struct ReferenceCounts {
  explicit ReferenceCounts(const TextCorpus& corpus) : counts(corpus.index().size()) {}
  void clear() {
    counts.clear();
    tokens = 0;
  }
  void add(const TextCorpus& corpus, const ItemTexts& item) {
    for (const size_t text : item.reference_texts()) {
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

/// Statistics of one item: BLEU's hits and lengths, and NIST's with the given reference counts. Its
/// tables are reused from item to item.
class ItemCounter {
 public:
  ItemCounter(const TextCorpus& corpus, MtevalConvention convention)
      : corpus_(corpus),
        perl_(convention == MtevalConvention::kPerl),
        predicted_(corpus.index().size()),
        reference_(corpus.index().size()),
        largest_(corpus.index().size()) {}

  void count(const ItemTexts& item, const ReferenceCounts& references, double* bleu, double* nist) {
    const int64_t length = corpus_.length(item.prediction);
    for (int n = 1; n <= kNist; ++n) {
      find_hits(item, n);
      double hits = 0.0, information = 0.0;
      for (const ClippedHit& hit : hits_) {
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
    count_lengths(item, bleu, nist);
  }

 private:
  /// Distinct n-grams of the prediction that some reference has.
  void find_hits(const ItemTexts& item, int n) {
    predicted_.clear();
    largest_.clear();
    hits_.clear();
    for (const int32_t id : corpus_.ngrams(item.prediction, n)) {
      if (predicted_.add(id) == 0) hits_.push_back({id, 0});
    }
    for (const size_t text : item.reference_texts()) {
      reference_.clear();
      for (const int32_t id : corpus_.ngrams(text, n)) {
        if (predicted_[id] == 0) continue;
        const int32_t count = reference_.add(id) + 1;
        if (count > largest_[id]) largest_.set(id, count);
      }
    }
    for (ClippedHit& hit : hits_) hit.count = std::min(predicted_[hit.id], largest_[hit.id]);
    std::erase_if(hits_, [](const ClippedHit& hit) { return hit.count == 0; });
  }

  /// Lengths of the references. BLEU's is the closest to the prediction, the shorter one on ties.
  void count_lengths(const ItemTexts& item, double* bleu, double* nist) const {
    const int64_t length = corpus_.length(item.prediction);
    int64_t sum = 0, filled = 0, closest = 0;
    for (const size_t text : item.reference_texts()) {
      const int64_t candidate = corpus_.length(text);
      if (candidate == 0) continue;  // pymteval has none: its empty text is one token
      sum += candidate;
      ++filled;
      const int64_t gap = std::abs(candidate - length), least = std::abs(closest - length);
      if (closest == 0 || gap < least || (gap == least && candidate < closest)) closest = candidate;
    }
    bleu[kBleuReference] = static_cast<double>(closest);
    nist[kPredictionLength] = static_cast<double>(length);
    nist[kMeanLength] = static_cast<double>(sum) / static_cast<double>(item.references);
    nist[kReferenceLengths] = static_cast<double>(sum);
    nist[kReferenceCount] = static_cast<double>(filled);
    nist[kItems] = 1.0;
  }

  const TextCorpus& corpus_;
  bool perl_;
  StampedCounts predicted_, reference_, largest_;
  std::vector<ClippedHit> hits_;
};

TextCorpus corpus_of(const References& references, const std::vector<std::string>& predictions,
                     MtevalConvention convention) {
  return {kNist, references, predictions,
          [&](std::string_view text) { return mteval_tokens(text, convention); }};
}

MtevalItems score_items(const TextCorpus& corpus) {
  ItemCounter counter(corpus, MtevalConvention::kPymteval);
  ReferenceCounts counts(corpus);
  MtevalItems items;
  std::vector<double> bleu(kBleuWidth), nist(kNistWidth);
  for (const ItemTexts& item : corpus.items()) {
    counts.clear();
    counts.add(corpus, item);
    counter.count(item, counts, bleu.data(), nist.data());
    items.bleu.push_back(pymteval_bleu(bleu, 0.0));
    items.sentence_bleu.push_back(pymteval_bleu(bleu, 1.0));
    items.nist.push_back(pymteval_nist(nist));
  }
  return items;
}

}  // namespace

std::vector<std::string> mteval_tokens(std::string_view text, MtevalConvention convention) {
  const std::string spaced = split_marks(split_symbols(text));
  std::vector<std::string> tokens;
  for (const std::string_view piece : split_space(spaced)) {
    tokens.push_back(convention == MtevalConvention::kPerl ? lower_ascii(piece) : to_lower(piece));
  }
  if (tokens.empty() && convention == MtevalConvention::kPymteval) tokens.emplace_back();
  return tokens;
}

MtevalScores mteval_scores(const References& references,
                           const std::vector<std::string>& predictions, MtevalConvention convention,
                           bool per_item) {
  const TextCorpus corpus = corpus_of(references, predictions, convention);
  const bool perl = convention == MtevalConvention::kPerl;
  MtevalScores scores;
  scores.bleu = {kBleuWidth, std::vector<double>(predictions.size() * kBleuWidth),
                 perl ? perl_bleu : pymteval_corpus_bleu};
  scores.nist = {kNistWidth, std::vector<double>(predictions.size() * kNistWidth),
                 perl ? perl_nist : pymteval_nist};
  ReferenceCounts counts(corpus);
  for (const ItemTexts& item : corpus.items()) counts.add(corpus, item);
  ItemCounter counter(corpus, convention);
  for (size_t i = 0; i < predictions.size(); ++i) {
    counter.count(corpus.items()[i], counts, scores.bleu.values.data() + i * kBleuWidth,
                  scores.nist.values.data() + i * kNistWidth);
  }
  if (!per_item) return scores;
  scores.items = perl ? score_items(corpus_of(references, predictions, MtevalConvention::kPymteval))
                      : score_items(corpus);
  return scores;
}

}  // namespace eida

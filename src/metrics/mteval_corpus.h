/// References and predictions of a corpus as n-grams, and the counts that BLEU and NIST share.
#pragma once

#include <string>
#include <vector>

#include "eida/metrics/bleu_nist.h"
#include "ngrams.h"

namespace eida::metrics {

/// Where the texts of an item are within an NgramCorpus.
struct ItemTexts {
  size_t prediction = 0;
  size_t first_reference = 0;  ///< its references are numbered one after the other
  size_t references = 0;
};

class MtevalCorpus {
 public:
  static constexpr int kBleuOrder = 4;
  static constexpr int kNistOrder = 5;

  MtevalCorpus(const References& references, const std::vector<std::string>& predictions,
               MtevalConvention convention);

  const std::vector<ItemTexts>& items() const { return items_; }
  const NgramCorpus& ngrams() const { return ngrams_; }

 private:
  size_t add(std::string_view text, MtevalConvention convention);

  Vocabulary vocabulary_;
  NgramCorpus ngrams_{kNistOrder};
  std::vector<ItemTexts> items_;
};

/// A distinct n-gram of a prediction and how often it counts as found.
struct ClippedHit {
  int32_t id = 0;
  int32_t count = 0;  ///< min(count in the prediction, largest count in a reference)
};

/// Finds the clipped hits of an item, order by order; its tables are reused from item to item.
class HitCounter {
 public:
  explicit HitCounter(const NgramCorpus& corpus);
  /// Distinct n-grams of the prediction that some reference has. Valid until the next call.
  const std::vector<ClippedHit>& hits(const ItemTexts& item, int n);

 private:
  const NgramCorpus& corpus_;
  StampedCounts predicted_, reference_, largest_;
  std::vector<ClippedHit> hits_;
};

}  // namespace eida::metrics

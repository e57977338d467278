#include "mteval_corpus.h"

#include <algorithm>

namespace eida::metrics {

MtevalCorpus::MtevalCorpus(const References& references,
                           const std::vector<std::string>& predictions,
                           MtevalConvention convention) {
  for (size_t i = 0; i < predictions.size(); ++i) {
    ItemTexts item;
    item.prediction = add(predictions[i], convention);
    item.first_reference = item.prediction + 1;
    item.references = references[i].size();
    for (const std::string& text : references[i]) add(text, convention);
    items_.push_back(item);
  }
}

size_t MtevalCorpus::add(std::string_view text, MtevalConvention convention) {
  std::vector<int32_t> words;
  for (const std::string& token : mteval_tokens(text, convention)) {
    words.push_back(vocabulary_.intern(token));
  }
  return ngrams_.add(words);
}

HitCounter::HitCounter(const NgramCorpus& corpus)
    : corpus_(corpus),
      predicted_(corpus.index().size()),
      reference_(corpus.index().size()),
      largest_(corpus.index().size()) {}

const std::vector<ClippedHit>& HitCounter::hits(const ItemTexts& item, int n) {
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

}  // namespace eida::metrics

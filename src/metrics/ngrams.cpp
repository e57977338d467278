#include "ngrams.h"

#include <algorithm>

namespace eida::metrics {
namespace {

uint64_t ngram_key(int32_t prefix, int32_t word) {
  return uint64_t{static_cast<uint32_t>(prefix)} << 32 | static_cast<uint32_t>(word);
}

}  // namespace

int32_t Vocabulary::intern(std::string_view word) {
  const auto found = ids_.find(word);
  if (found != ids_.end()) return found->second;
  const int32_t id = size();
  ids_.emplace(words_.emplace_back(word), id);
  return id;
}

size_t NgramIndex::slot(uint64_t key) const {
  const size_t mask = slots_.size() - 1;
  uint64_t hash = key * 0x9E3779B97F4A7C15ULL;
  hash ^= hash >> 29;
  size_t at = static_cast<size_t>(hash * 0xBF58476D1CE4E5B9ULL >> 20) & mask;
  while (slots_[at] != kNone && keys_[index(slots_[at])] != key) at = (at + 1) & mask;
  return at;
}

int32_t NgramIndex::intern(int32_t prefix, int32_t word) {
  const uint64_t key = ngram_key(prefix, word);
  const size_t at = slot(key);
  if (slots_[at] != kNone) return slots_[at];
  const int32_t id = size();
  slots_[at] = id;
  keys_.push_back(key);
  if (keys_.size() * 2 > slots_.size()) {
    slots_.assign(slots_.size() * 2, kNone);
    for (int32_t each = 0; each < size(); ++each) slots_[slot(keys_[index(each)])] = each;
  }
  return id;
}

int32_t NgramIndex::find(int32_t prefix, int32_t word) const {
  return slots_[slot(ngram_key(prefix, word))];
}

void TextCorpus::add_text(std::span<const int32_t> words) {
  const size_t begin = ids_.size(), length = words.size();
  ids_.resize(begin + length * static_cast<size_t>(order_), NgramIndex::kNone);
  for (size_t n = 0; n < static_cast<size_t>(order_) && n < length; ++n) {
    int32_t* row = ids_.data() + begin + n * length;
    const int32_t* shorter = n == 0 ? nullptr : row - length;
    for (size_t i = 0; i + n < length; ++i) {
      row[i] = index_.intern(shorter == nullptr ? NgramIndex::kNone : shorter[i], words[i + n]);
    }
  }
  texts_.push_back({begin, static_cast<int64_t>(length)});
}

std::span<const int32_t> TextCorpus::ngrams(size_t text, int n) const {
  const Text& entry = texts_[text];
  const int64_t count = std::max<int64_t>(0, entry.length - n + 1);
  return {ids_.data() + entry.begin + static_cast<size_t>(entry.length) * (n - 1),
          static_cast<size_t>(count)};
}

}  // namespace eida::metrics

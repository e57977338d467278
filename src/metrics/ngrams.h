/// Words and n-grams of a corpus as dense numbers, and counters over them.
#pragma once

#include <cstdint>
#include <deque>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "eida/core/signals.h"
#include "eida/metrics/bleu_nist.h"

namespace eida::metrics {

/// Strings as numbers 0, 1, … in the order of their first appearance.
class Vocabulary {
 public:
  int32_t intern(std::string_view word);
  const std::string& word(int32_t id) const { return words_[static_cast<size_t>(id)]; }
  int32_t size() const { return static_cast<int32_t>(words_.size()); }

 private:
  std::deque<std::string> words_;  // a deque: its strings never move, so the keys below stay valid
  std::unordered_map<std::string_view, int32_t> ids_;
};

/// Numbers of n-grams; an n-gram is its prefix (an n-gram one shorter) and its last word.
class NgramIndex {
 public:
  static constexpr int32_t kNone = -1;

  NgramIndex() : slots_(size_t{1} << 12, kNone) {}
  /// Number of the n-gram `prefix` + `word`; prefix kNone makes a unigram.
  int32_t intern(int32_t prefix, int32_t word);
  /// The same without adding: kNone where it has not been seen.
  int32_t find(int32_t prefix, int32_t word) const;

  int32_t prefix(int32_t id) const { return static_cast<int32_t>(keys_[index(id)] >> 32); }
  int32_t word(int32_t id) const { return static_cast<int32_t>(keys_[index(id)]); }
  int32_t size() const { return static_cast<int32_t>(keys_.size()); }

 private:
  static size_t index(int32_t id) { return static_cast<size_t>(id); }
  size_t slot(uint64_t key) const;

  std::vector<uint64_t> keys_;  // prefix << 32 | word, by id
  std::vector<int32_t> slots_;  // open addressing, at most half full
};

/// Where the texts of an item are within a TextCorpus.
struct ItemTexts {
  size_t prediction = 0;
  size_t references = 0;  ///< how many; they come behind the prediction
  auto reference_texts() const {
    return std::views::iota(prediction + 1, prediction + 1 + references);
  }
};

/// Texts as n-grams of orders 1 to `order`: prediction i, its references, prediction i + 1, …
/// Row (text, n) holds the n-gram that starts at each position: max(0, length - n + 1) numbers.
class TextCorpus {
 public:
  /// \param words_of gives the words of a text, as a range of strings.
  template <typename WordsOf>
  TextCorpus(int order, const References& references, const std::vector<std::string>& predictions,
             WordsOf words_of)
      : order_(order) {
    const auto add = [&](const std::string& text) {
      std::vector<int32_t> words;
      for (const auto& word : words_of(text)) words.push_back(vocabulary_.intern(word));
      add_text(words);
    };
    for (size_t i = 0; i < predictions.size(); ++i) {
      check_interrupted();
      items_.push_back({texts_.size(), references[i].size()});
      add(predictions[i]);
      for (const std::string& text : references[i]) add(text);
    }
  }

  int order() const { return order_; }
  const std::vector<ItemTexts>& items() const { return items_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }
  const NgramIndex& index() const { return index_; }
  int64_t length(size_t text) const { return texts_[text].length; }
  std::span<const int32_t> ngrams(size_t text, int n) const;

 private:
  void add_text(std::span<const int32_t> words);

  struct Text {
    size_t begin = 0;
    int64_t length = 0;
  };
  int order_;
  Vocabulary vocabulary_;
  NgramIndex index_;
  std::vector<Text> texts_;
  std::vector<int32_t> ids_;
  std::vector<ItemTexts> items_;
};

/// Counts by number, cleared in constant time: an entry counts only where its stamp is current.
class StampedCounts {
 public:
  explicit StampedCounts(int32_t size) : entries_(static_cast<size_t>(size)) {}
  void clear() { ++stamp_; }
  int32_t operator[](int32_t id) const {
    const Entry& entry = entries_[static_cast<size_t>(id)];
    return entry.stamp == stamp_ ? entry.count : 0;
  }
  /// Adds one. \return the count before
  int32_t add(int32_t id) {
    Entry& entry = entries_[static_cast<size_t>(id)];
    if (entry.stamp != stamp_) entry = {stamp_, 0};
    return entry.count++;
  }
  void set(int32_t id, int32_t count) { entries_[static_cast<size_t>(id)] = {stamp_, count}; }

 private:
  struct Entry {
    uint32_t stamp = 0;
    int32_t count = 0;
  };
  std::vector<Entry> entries_;
  uint32_t stamp_ = 1;
};

}  // namespace eida::metrics

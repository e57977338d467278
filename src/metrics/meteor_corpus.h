/// A corpus as METEOR sees it: normalised words, how they relate, and which phrases paraphrase
/// which.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "meteor_data.h"
#include "ngrams.h"

namespace eida::meteor {

using namespace metrics;  // n-grams

/// Longest phrase of METEOR's table, words.
constexpr int kMaxPhrase = 7;

/// What METEOR 1.5's -norm makes of a line, lower-cased, words joined by one space.
std::string normalize(std::string_view text);

/// Lists of numbers by number.
class NumberLists {
 public:
  void append(int32_t value) { values_.push_back(value); }
  void close() { bounds_.push_back(values_.size()); }
  std::span<const int32_t> at(int32_t id) const {
    const auto index = static_cast<size_t>(id);
    return {values_.data() + bounds_[index], bounds_[index + 1] - bounds_[index]};
  }

 private:
  std::vector<size_t> bounds_{0};
  std::vector<int32_t> values_;
};

class Corpus {
 public:
  Corpus(const References& references, const std::vector<std::string>& predictions,
         const MeteorData& data, bool paraphrases);

  const std::vector<ItemTexts>& items() const { return texts_.items(); }
  std::span<const int32_t> words(size_t text) const { return phrases(text, 1); }
  std::span<const int32_t> phrases(size_t text, int length) const {
    return texts_.ngrams().ngrams(text, length);
  }
  int32_t phrase_count() const { return texts_.ngrams().index().size(); }
  int phrase_order() const { return texts_.ngrams().order(); }
  int32_t phrase_length(int32_t phrase) const { return lengths_[static_cast<size_t>(phrase)]; }

  // By number of a one-word phrase.
  int32_t stem(int32_t word) const { return stems_[static_cast<size_t>(word)]; }
  bool is_function_word(int32_t word) const { return function_[static_cast<size_t>(word)]; }
  /// Other words that share a synset.
  std::span<const int32_t> synonyms(int32_t word) const { return synonyms_.at(word); }
  /// Phrases of this corpus that the table has as targets, in its order. By number of a phrase.
  std::span<const int32_t> paraphrases(int32_t phrase) const { return paraphrases_.at(phrase); }

 private:
  void relate_words(const MeteorData& data);
  void relate_phrases(const MeteorData& data);

  TextCorpus texts_;
  std::vector<int32_t> stems_;
  std::vector<uint8_t> lengths_;
  std::vector<bool> function_;
  NumberLists synonyms_, paraphrases_;
};

}  // namespace eida::meteor

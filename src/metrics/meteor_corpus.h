/// A corpus as METEOR sees it: normalised words, how they relate, and which phrases paraphrase
/// which.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "eida/metrics/bleu_nist.h"
#include "meteor_data.h"
#include "ngrams.h"

namespace eida::meteor {

using namespace metrics;  // n-grams

/// Longest phrase of METEOR's table, words.
constexpr int kMaxPhrase = 7;

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

  /// Texts: prediction i, its references, prediction i + 1, …
  std::span<const int32_t> words(size_t text) const { return ngrams_.ngrams(text, 1); }
  std::span<const int32_t> phrases(size_t text, int length) const {
    return ngrams_.ngrams(text, length);
  }
  int32_t phrase_count() const { return ngrams_.index().size(); }
  int phrase_order() const { return ngrams_.order(); }
  int32_t phrase_length(int32_t phrase) const { return lengths_[static_cast<size_t>(phrase)]; }

  // By number of a one-word phrase.
  int32_t stem(int32_t word) const { return stems_[static_cast<size_t>(word)]; }
  bool is_function_word(int32_t word) const { return function_[static_cast<size_t>(word)]; }
  /// Other words that share a synset.
  std::span<const int32_t> synonyms(int32_t word) const { return synonyms_.at(word); }
  /// Phrases of this corpus that the table has as targets, in its order. By number of a phrase.
  std::span<const int32_t> paraphrases(int32_t phrase) const { return paraphrases_.at(phrase); }

 private:
  void add(std::string_view text);
  void relate_words(const MeteorData& data);
  void relate_phrases(const MeteorData& data);

  Vocabulary vocabulary_;
  NgramCorpus ngrams_;
  std::vector<int32_t> stems_;
  std::vector<uint8_t> lengths_;
  std::vector<bool> function_;
  NumberLists synonyms_, paraphrases_;
};

}  // namespace eida::meteor

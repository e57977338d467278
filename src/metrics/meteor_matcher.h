/// A corpus as METEOR sees it: normalised words, how they relate, which phrases paraphrase which,
/// and all matches between a hypothesis and a reference.
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

/// Numbers of words or phrases, by number.
using NumberLists = std::vector<std::vector<int32_t>>;

class Corpus {
 public:
  Corpus(const References& references, const std::vector<std::string>& predictions,
         const MeteorData& data, bool paraphrases);

  const std::vector<ItemTexts>& items() const { return texts_.items(); }
  std::span<const int32_t> words(size_t text) const { return phrases(text, 1); }
  std::span<const int32_t> phrases(size_t text, int length) const {
    return texts_.ngrams(text, length);
  }
  int32_t phrase_count() const { return texts_.index().size(); }
  int phrase_order() const { return texts_.order(); }
  int32_t phrase_length(int32_t phrase) const { return lengths_[static_cast<size_t>(phrase)]; }

  // By number of a one-word phrase.
  int32_t stem(int32_t word) const { return stems_[static_cast<size_t>(word)]; }
  bool is_function_word(int32_t word) const { return function_[static_cast<size_t>(word)]; }
  /// Other words that share a synset.
  const std::vector<int32_t>& synonyms(int32_t word) const {
    return synonyms_[static_cast<size_t>(word)];
  }
  /// Phrases of this corpus that the table has as targets, in its order. By number of a phrase.
  const std::vector<int32_t>& paraphrases(int32_t phrase) const {
    return paraphrases_[static_cast<size_t>(phrase)];
  }

 private:
  void relate_words(const MeteorData& data);
  void relate_phrases(const MeteorData& data);

  TextCorpus texts_;
  std::vector<int32_t> stems_;
  std::vector<uint8_t> lengths_;
  std::vector<bool> function_;
  NumberLists synonyms_, paraphrases_;
};

enum class Module : int { kExact, kStem, kSynonym, kParaphrase };
constexpr int kModules = 4;

struct Match {
  Module module = Module::kExact;
  int32_t reference = 0, reference_length = 0;  ///< first word and number of words
  int32_t hypothesis = 0, hypothesis_length = 0;
  int32_t reference_end() const { return reference + reference_length; }
  int32_t hypothesis_end() const { return hypothesis + hypothesis_length; }
};

/// Where phrases stand in a text, ascending.
class Positions {
 public:
  explicit Positions(int32_t numbers) : first_(numbers) {}
  void clear() {
    first_.clear();
    entries_.clear();
  }
  /// Adds the numbers of a row, its positions counted from 0; a number comes in one row only.
  void add(std::span<const int32_t> numbers);
  /// Calls `visit` with each position of the number.
  template <typename Visit>
  void each(int32_t number, Visit visit) const {
    for (int32_t at = first_[number]; at != 0; at = entries_[at - 1].next) {
      visit(entries_[at - 1].position);
    }
  }

 private:
  struct Entry {
    int32_t position, next;  // next: 1 + place in entries_, 0 at the end
  };
  StampedCounts first_;
  std::vector<Entry> entries_;
};

class Matcher {
 public:
  explicit Matcher(const Corpus& corpus);

  /// \param item from 1, for messages
  void set_hypothesis(size_t text, size_t item);
  /// \throws DataError more matches than any text has that is not one word without end
  void match(size_t reference);

  std::span<const int32_t> hypothesis() const { return hypothesis_; }
  std::span<const int32_t> reference() const { return reference_; }
  /// Matches that start at a reference word, in the order in which they were found.
  const std::vector<Match>& at(int32_t reference) const { return matches_[reference]; }
  /// Number of matches that span each word.
  const std::vector<int32_t>& hypothesis_coverage() const { return hypothesis_coverage_; }
  const std::vector<int32_t>& reference_coverage() const { return reference_coverage_; }

 private:
  void add(const Match& match);
  void add_words(Module module, int32_t reference, int32_t hypothesis) {
    add({module, reference, 1, hypothesis, 1});
  }
  void synonyms();
  void paraphrases(size_t text, const Positions& other, bool of_reference);

  const Corpus& corpus_;
  Positions words_, stems_, phrases_, reference_phrases_;
  size_t hypothesis_text_ = 0, item_ = 0, found_ = 0;
  std::span<const int32_t> hypothesis_, reference_;
  std::vector<std::vector<Match>> matches_;
  std::vector<int32_t> hypothesis_coverage_, reference_coverage_;
};

}  // namespace eida::meteor

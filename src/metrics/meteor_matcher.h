/// All matches between a hypothesis and a reference.
#pragma once

#include <vector>

#include "meteor_corpus.h"

namespace eida::meteor {

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

  void set_hypothesis(size_t text);
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
  void exact();
  void stems();
  void synonyms();
  void paraphrases_of_reference();
  void paraphrases_of_hypothesis();

  const Corpus& corpus_;
  Positions words_, stems_, phrases_, reference_phrases_;
  size_t hypothesis_text_ = 0, reference_text_ = 0;
  std::span<const int32_t> hypothesis_, reference_;
  std::vector<std::vector<Match>> matches_;
  std::vector<int32_t> hypothesis_coverage_, reference_coverage_;
};

}  // namespace eida::meteor

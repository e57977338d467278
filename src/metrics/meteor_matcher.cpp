#include "meteor_matcher.h"

#include <algorithm>

namespace eida::meteor {

void Positions::add(std::span<const int32_t> numbers) {
  for (size_t i = numbers.size(); i-- > 0;) {  // backwards, so that the chains ascend
    entries_.push_back({static_cast<int32_t>(i), first_[numbers[i]]});
    first_.set(numbers[i], static_cast<int32_t>(entries_.size()));
  }
}

Matcher::Matcher(const Corpus& corpus)
    : corpus_(corpus),
      words_(corpus.phrase_count()),
      stems_(corpus.phrase_count()),
      phrases_(corpus.phrase_count()),
      reference_phrases_(corpus.phrase_count()) {}

void Matcher::set_hypothesis(size_t text) {
  hypothesis_text_ = text;
  hypothesis_ = corpus_.words(text);
  words_.clear();
  words_.add(hypothesis_);
  std::vector<int32_t> stems;
  for (const int32_t word : hypothesis_) stems.push_back(corpus_.stem(word));
  stems_.clear();
  stems_.add(stems);
  phrases_.clear();
  for (int n = 1; n <= corpus_.phrase_order(); ++n) phrases_.add(corpus_.phrases(text, n));
}

void Matcher::match(size_t reference) {
  reference_text_ = reference;
  reference_ = corpus_.words(reference);
  if (matches_.size() <= reference_.size()) matches_.resize(reference_.size() + 1);
  for (size_t j = 0; j <= reference_.size(); ++j) matches_[j].clear();
  hypothesis_coverage_.assign(hypothesis_.size(), 0);
  reference_coverage_.assign(reference_.size(), 0);
  exact();
  if (std::ranges::equal(hypothesis_, reference_)) return;
  stems();
  synonyms();
  if (corpus_.phrase_order() == 1) return;
  paraphrases_of_reference();
  paraphrases_of_hypothesis();
}

void Matcher::add(const Match& match) {
  matches_[static_cast<size_t>(match.reference)].push_back(match);
  for (int32_t j = match.reference; j < match.reference_end(); ++j) ++reference_coverage_[j];
  for (int32_t i = match.hypothesis; i < match.hypothesis_end(); ++i) ++hypothesis_coverage_[i];
}

void Matcher::exact() {
  for (int32_t j = 0; j < std::ssize(reference_); ++j) {
    words_.each(reference_[j], [&](int32_t i) { add_words(Module::kExact, j, i); });
  }
}

void Matcher::stems() {
  for (int32_t j = 0; j < std::ssize(reference_); ++j) {
    stems_.each(corpus_.stem(reference_[j]), [&](int32_t i) {
      if (hypothesis_[i] != reference_[j]) add_words(Module::kStem, j, i);
    });
  }
}

void Matcher::synonyms() {
  std::vector<int32_t> found;
  for (int32_t j = 0; j < std::ssize(reference_); ++j) {
    found.clear();
    for (const int32_t other : corpus_.synonyms(reference_[j])) {
      words_.each(other, [&](int32_t i) { found.push_back(i); });
    }
    std::sort(found.begin(), found.end());
    for (const int32_t i : found) add_words(Module::kSynonym, j, i);
  }
}

namespace {
/// Visits the phrases that start at a word, the shorter ones first.
template <typename Visit>
void each_phrase_from(const Corpus& corpus, size_t text, int32_t start, Visit visit) {
  for (int n = 1; n <= corpus.phrase_order(); ++n) {
    const auto row = corpus.phrases(text, n);
    if (start >= std::ssize(row)) return;
    visit(row[static_cast<size_t>(start)], n);
  }
}
}  // namespace

void Matcher::paraphrases_of_reference() {
  for (int32_t j = 0; j < std::ssize(reference_); ++j) {
    each_phrase_from(corpus_, reference_text_, j, [&](int32_t source, int32_t source_length) {
      for (const int32_t target : corpus_.paraphrases(source)) {
        const int32_t length = corpus_.phrase_length(target);
        phrases_.each(target, [&](int32_t i) {
          add({Module::kParaphrase, j, source_length, i, length});
        });
      }
    });
  }
}

void Matcher::paraphrases_of_hypothesis() {
  reference_phrases_.clear();
  for (int n = 1; n <= corpus_.phrase_order(); ++n) {
    reference_phrases_.add(corpus_.phrases(reference_text_, n));
  }
  for (int32_t i = 0; i < std::ssize(hypothesis_); ++i) {
    each_phrase_from(corpus_, hypothesis_text_, i, [&](int32_t source, int32_t source_length) {
      for (const int32_t target : corpus_.paraphrases(source)) {
        const int32_t length = corpus_.phrase_length(target);
        reference_phrases_.each(target, [&](int32_t j) {
          add({Module::kParaphrase, j, length, i, source_length});
        });
      }
    });
  }
}

}  // namespace eida::meteor

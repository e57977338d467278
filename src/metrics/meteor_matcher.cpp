#include "meteor_matcher.h"

#include <libstemmer.h>

#include <algorithm>
#include <memory>
#include <new>

#include "eida/core/error.h"
#include "unicode.h"

namespace eida::meteor {
namespace {

/// Of a pair of texts: two of 10,000 words of English have a tenth.
constexpr size_t kMostMatches = size_t{1} << 23;

/// Snowball's English stemmer (Porter 2).
class Stemmer {
 public:
  Stemmer() : stemmer_(sb_stemmer_new("english", "UTF_8"), sb_stemmer_delete) {
    if (stemmer_ == nullptr) throw std::bad_alloc();
  }
  std::string_view stem(const std::string& word) const {
    const auto* bytes = reinterpret_cast<const sb_symbol*>(word.data());
    const sb_symbol* stem = sb_stemmer_stem(stemmer_.get(), bytes, static_cast<int>(word.size()));
    if (stem == nullptr) throw std::bad_alloc();
    return {reinterpret_cast<const char*>(stem),
            static_cast<size_t>(sb_stemmer_length(stemmer_.get()))};
  }

 private:
  std::unique_ptr<sb_stemmer, void (*)(sb_stemmer*)> stemmer_;
};

/// For each word those others that share one of its synsets, ascending.
NumberLists shared_synsets(const std::vector<std::vector<uint32_t>>& synsets) {
  std::unordered_map<uint32_t, std::vector<int32_t>> holders;
  for (size_t word = 0; word < synsets.size(); ++word) {
    for (const uint32_t synset : synsets[word])
      holders[synset].push_back(static_cast<int32_t>(word));
  }
  NumberLists lists(synsets.size());
  for (size_t word = 0; word < synsets.size(); ++word) {
    std::vector<int32_t>& others = lists[word];
    for (const uint32_t synset : synsets[word]) {
      const auto& list = holders[synset];
      others.insert(others.end(), list.begin(), list.end());
    }
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    std::erase(others, static_cast<int32_t>(word));
  }
  return lists;
}

}  // namespace

Corpus::Corpus(const References& references, const std::vector<std::string>& predictions,
               const MeteorData& data, bool paraphrases)
    : texts_(paraphrases ? kMaxPhrase : 1, references, predictions,
             [normal = std::string()](std::string_view text) mutable {
               normal = normalize(text);
               return split_space(normal);
             }) {
  relate_words(data);
  if (paraphrases) relate_phrases(data);
}

void Corpus::relate_words(const MeteorData& data) {
  const Stemmer stemmer;
  Vocabulary stems;
  std::vector<std::vector<uint32_t>> synsets;
  const NgramIndex& index = texts_.index();
  for (int32_t id = 0; id < index.size(); ++id) {
    const int32_t prefix = index.prefix(id);
    const bool is_word = prefix == NgramIndex::kNone;
    lengths_.push_back(is_word ? 1 : static_cast<uint8_t>(lengths_[prefix] + 1));
    const std::string word = is_word ? texts_.vocabulary().word(index.word(id)) : std::string();
    stems_.push_back(is_word ? stems.intern(stemmer.stem(word)) : NgramIndex::kNone);
    function_.push_back(is_word && data.is_function_word(word));
    synsets.push_back(is_word ? data.synsets(word) : std::vector<uint32_t>());
  }
  synonyms_ = shared_synsets(synsets);
}

void Corpus::relate_phrases(const MeteorData& data) {
  const NgramIndex& index = texts_.index();
  std::vector<std::optional<uint16_t>> to_table;
  std::vector<int32_t> from_table(kMaxTableWords, NgramIndex::kNone);
  for (int32_t word = 0; word < texts_.vocabulary().size(); ++word) {
    to_table.push_back(data.table_word(texts_.vocabulary().word(word)));
    if (to_table.back()) from_table[*to_table.back()] = word;
  }
  MeteorData::Phrase source;
  paraphrases_.resize(static_cast<size_t>(index.size()));
  for (int32_t id = 0; id < index.size(); ++id) {
    source.clear();
    int32_t part = id;
    for (; part != NgramIndex::kNone; part = index.prefix(part)) {
      const auto word = to_table[static_cast<size_t>(index.word(part))];
      if (!word) break;
      source.push_back(*word);
    }
    if (part != NgramIndex::kNone) continue;
    std::reverse(source.begin(), source.end());
    data.each_paraphrase(source, [&](const MeteorData::Phrase& target) {
      int32_t phrase = NgramIndex::kNone;
      for (const uint16_t word : target) {
        const int32_t next = from_table[word];
        phrase = next == NgramIndex::kNone ? next : index.find(phrase, next);
        if (phrase == NgramIndex::kNone) return;
      }
      paraphrases_[static_cast<size_t>(id)].push_back(phrase);
    });
  }
}

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

void Matcher::set_hypothesis(size_t text, size_t item) {
  hypothesis_text_ = text;
  item_ = item;
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
  reference_ = corpus_.words(reference);
  if (matches_.size() <= reference_.size()) matches_.resize(reference_.size() + 1);
  for (size_t j = 0; j <= reference_.size(); ++j) matches_[j].clear();
  found_ = 0;
  hypothesis_coverage_.assign(hypothesis_.size(), 0);
  reference_coverage_.assign(reference_.size(), 0);
  for (int32_t j = 0; j < std::ssize(reference_); ++j)
    words_.each(reference_[j], [&](int32_t i) { add_words(Module::kExact, j, i); });
  if (std::ranges::equal(hypothesis_, reference_)) return;
  for (int32_t j = 0; j < std::ssize(reference_); ++j) {
    stems_.each(corpus_.stem(reference_[j]), [&](int32_t i) {
      if (hypothesis_[i] != reference_[j]) add_words(Module::kStem, j, i);
    });
  }
  synonyms();
  if (corpus_.phrase_order() == 1) return;
  paraphrases(reference, phrases_, true);
  reference_phrases_.clear();
  for (int n = 1; n <= corpus_.phrase_order(); ++n)
    reference_phrases_.add(corpus_.phrases(reference, n));
  paraphrases(hypothesis_text_, reference_phrases_, false);
}

void Matcher::add(const Match& match) {
  if (++found_ > kMostMatches) {
    throw DataError(
        "METEOR: item {}: texts of {} and {} words match in more than {} ways, the limit (hint: "
        "does a word repeat without end? --metrics can leave METEOR out)",
        item_, hypothesis_.size(), reference_.size(), kMostMatches);
  }
  matches_[static_cast<size_t>(match.reference)].push_back(match);
  for (int32_t j = match.reference; j < match.reference_end(); ++j) ++reference_coverage_[j];
  for (int32_t i = match.hypothesis; i < match.hypothesis_end(); ++i) ++hypothesis_coverage_[i];
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

/// The table's pairs whose source is a phrase of a text and whose target stands in the other one.
void Matcher::paraphrases(size_t text, const Positions& other, bool of_reference) {
  for (int32_t start = 0; start < std::ssize(corpus_.words(text)); ++start) {
    for (int n = 1; n <= corpus_.phrase_order(); ++n) {  // the shorter ones first
      const auto row = corpus_.phrases(text, n);
      if (start >= std::ssize(row)) break;
      for (const int32_t target : corpus_.paraphrases(row[static_cast<size_t>(start)])) {
        const int32_t length = corpus_.phrase_length(target);
        other.each(target, [&](int32_t at) {
          add(of_reference ? Match{Module::kParaphrase, start, n, at, length}
                           : Match{Module::kParaphrase, at, length, start, n});
        });
      }
    }
  }
}

}  // namespace eida::meteor

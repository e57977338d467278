#include "meteor_corpus.h"

#include <libstemmer.h>

#include <algorithm>
#include <memory>
#include <new>

#include "unicode.h"

namespace eida::meteor {
namespace {

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
  NumberLists lists;
  for (size_t word = 0; word < synsets.size(); ++word) {
    std::vector<int32_t> others;
    for (const uint32_t synset : synsets[word]) {
      const auto& list = holders[synset];
      others.insert(others.end(), list.begin(), list.end());
    }
    std::sort(others.begin(), others.end());
    others.erase(std::unique(others.begin(), others.end()), others.end());
    for (const int32_t other : others) {
      if (other != static_cast<int32_t>(word)) lists.append(other);
    }
    lists.close();
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
  const NgramIndex& index = texts_.ngrams().index();
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
  const NgramIndex& index = texts_.ngrams().index();
  std::vector<std::optional<uint16_t>> to_table;
  std::vector<int32_t> from_table(kMaxTableWords, NgramIndex::kNone);
  for (int32_t word = 0; word < texts_.vocabulary().size(); ++word) {
    to_table.push_back(data.table_word(texts_.vocabulary().word(word)));
    if (to_table.back()) from_table[*to_table.back()] = word;
  }
  std::vector<uint16_t> source, target;
  for (int32_t id = 0; id < index.size(); ++id, paraphrases_.close()) {
    source.clear();
    int32_t part = id;
    for (; part != NgramIndex::kNone; part = index.prefix(part)) {
      const auto word = to_table[static_cast<size_t>(index.word(part))];
      if (!word) break;
      source.push_back(*word);
    }
    if (part != NgramIndex::kNone) continue;
    std::reverse(source.begin(), source.end());
    for (TargetList targets = data.paraphrases(source); targets.next(target);) {
      int32_t phrase = NgramIndex::kNone;
      for (const uint16_t word : target) {
        phrase = from_table[word] == NgramIndex::kNone ? NgramIndex::kNone
                                                       : index.find(phrase, from_table[word]);
        if (phrase == NgramIndex::kNone) break;
      }
      if (phrase != NgramIndex::kNone) paraphrases_.append(phrase);
    }
  }
}

}  // namespace eida::meteor

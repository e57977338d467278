/// Unigram language model: the segmentation with the greatest sum of log-probabilities.
/// Source: Kudo (2018), section 3.2; ties and unknown characters as in the `tokenizers` library.
#include <algorithm>
#include <limits>

#include "model.h"
#include "trie.h"
#include "unicode.h"

namespace eida::text {
namespace {

/// An unknown character scores this much below the least likely token.
constexpr double kUnknownPenalty = 10.0;

class Unigram : public Model {
 public:
  Unigram(const Component& component, Vocabulary vocabulary, std::vector<double> scores)
      : Model(std::move(vocabulary)),
        scores_(std::move(scores)),
        unknown_(component.id("unk_id")),
        byte_fallback_(component.flag("byte_fallback", false)),
        bytes_(byte_ids(this->vocabulary())) {
    if (unknown_ >= this->vocabulary().size())
      component.fail(
          fmt::format("unk_id {} is not in the vocabulary of {} tokens", unknown_, scores_.size()));
    unknown_score_ = *std::min_element(scores_.begin(), scores_.end()) - kUnknownPenalty;
    std::vector<std::pair<std::string_view, int32_t>> tokens;
    for (const auto& [token, id] : this->vocabulary().ids()) tokens.emplace_back(token, id);
    trie_ = Trie(std::move(tokens));
  }

  void encode(std::string_view piece, Scratch& scratch, std::vector<int32_t>& ids) const override {
    find_best_path(piece, scratch.path);
    const size_t before = ids.size();
    for (size_t end = piece.size(); end > 0;) {
      auto start = static_cast<size_t>(scratch.path[end].start);
      if (scratch.path[end].id != unknown_) {
        ids.push_back(scratch.path[end].id);
      } else {
        while (start > 0 && scratch.path[start].id == unknown_)
          start = static_cast<size_t>(scratch.path[start].start);
        push_unknown(piece.substr(start, end - start), ids);
      }
      end = start;
    }
    std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end());
  }

 private:
  void find_best_path(std::string_view piece, std::vector<Scratch::PathNode>& path) const {
    path.assign(piece.size() + 1, {0.0, -1, -1});
    size_t length = 0;
    for (size_t start = 0; start < piece.size(); start += length) {
      length = sequence_length(piece[start]);
      const double score_here = path[start].score;
      const auto offer = [&](size_t bytes, int32_t id, double score) {
        Scratch::PathNode& node = path[start + bytes];
        const double sum = score + score_here;
        if (node.start < 0 || sum > node.score) node = {sum, id, static_cast<int32_t>(start)};
      };
      bool character_known = false;
      trie_.for_each_prefix(piece.substr(start), [&](size_t bytes, int32_t id) {
        offer(bytes, id, scores_[static_cast<size_t>(id)]);
        character_known = character_known || bytes == length;
      });
      if (!character_known) offer(length, unknown_, unknown_score_);
    }
  }

  /// Appends the ids of a run of unknown characters, last first.
  void push_unknown(std::string_view text, std::vector<int32_t>& ids) const {
    const size_t before = ids.size();
    if (const int32_t id = vocabulary().id(text); id >= 0) {
      ids.push_back(id);
    } else if (byte_fallback_ && append_bytes(bytes_, text, ids)) {
      std::reverse(ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end());
    } else {
      ids.push_back(unknown_);
    }
  }

  std::vector<double> scores_;
  int32_t unknown_;
  bool byte_fallback_;
  ByteIds bytes_;
  double unknown_score_ = 0.0;
  Trie trie_;
};

}  // namespace

std::unique_ptr<const Model> make_unigram(const Component& component) {
  std::vector<std::string> tokens;
  std::vector<double> scores;
  for (const auto& entry : component.array("vocab")) {
    if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_number())
      component.fail(fmt::format("vocab[{}] is not a token and its score", tokens.size()));
    tokens.push_back(entry[0].get<std::string>());
    scores.push_back(entry[1].get<double>());
  }
  if (tokens.empty()) component.fail("key 'vocab' is empty");
  return std::make_unique<Unigram>(component, Vocabulary::from_list(std::move(tokens)),
                                   std::move(scores));
}

}  // namespace eida::text

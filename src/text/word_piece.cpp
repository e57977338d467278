/// WordPiece: the longest token of the vocabulary first, from left to right.
/// Source: Devlin et al. (2019); Wu et al. (2016).
#include "model.h"
#include "trie.h"
#include "unicode.h"

namespace eida::text {
namespace {

class WordPiece : public Model {
 public:
  WordPiece(const Component& component, Vocabulary vocabulary)
      : Model(std::move(vocabulary)),
        unknown_(named_id(component, this->vocabulary(), "unk_token")),
        longest_word_(component.has("max_input_chars_per_word")
                          ? static_cast<size_t>(component.id("max_input_chars_per_word"))
                          : 100) {
    if (unknown_ < 0) component.fail("key 'unk_token' is missing");
    const std::string prefix = component.text("continuing_subword_prefix", "##");
    std::vector<std::pair<std::string_view, int32_t>> all, continuing;
    for (const auto& [token, id] : this->vocabulary().ids()) {
      all.emplace_back(token, id);
      if (token.starts_with(prefix)) continuing.emplace_back(token.substr(prefix.size()), id);
    }
    first_ = Trie(std::move(all));
    continuing_ = Trie(std::move(continuing));
  }

  void encode(std::string_view piece, Scratch&, std::vector<int32_t>& ids) const override {
    const size_t before = ids.size();
    if (!fits(piece)) return ids.push_back(unknown_);
    for (size_t begin = 0; begin < piece.size();) {
      const Trie::Match match =
          (begin == 0 ? first_ : continuing_).longest_prefix(piece.substr(begin));
      if (match.length == 0) {
        ids.resize(before);
        return ids.push_back(unknown_);
      }
      ids.push_back(match.value);
      begin += match.length;
    }
  }

 private:
  bool fits(std::string_view piece) const {
    if (piece.size() <= longest_word_) return true;
    size_t characters = 0;
    for (size_t i = 0; i < piece.size(); i += sequence_length(piece[i])) ++characters;
    return characters <= longest_word_;
  }

  int32_t unknown_;
  size_t longest_word_;  ///< characters
  Trie first_, continuing_;
};

}  // namespace

std::unique_ptr<const Model> make_word_piece(const Component& component) {
  return std::make_unique<WordPiece>(component,
                                     Vocabulary::from_object(component.object("vocab"), component));
}

}  // namespace eida::text

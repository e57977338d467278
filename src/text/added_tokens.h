/// Tokens that are found in the text before it is cut and encoded: "<s>", "[MASK]",
/// "<|endoftext|>".
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "component.h"
#include "function_ref.h"
#include "model.h"
#include "normalizer.h"
#include "trie.h"

namespace eida::text {

/// Immutable after loading.
class AddedTokens {
 public:
  struct Token {
    std::string content;
    std::string shown;  ///< what decoding gives: as in the library, the normalized form
    int32_t id = -1;
    bool special = false;
    bool normalized = false;   ///< found behind the normalizer, which it has gone through itself
    bool single_word = false;  ///< only where no word character touches it
    bool lstrip = false;       ///< takes the white space before it
    bool rstrip = false;       ///< takes the white space behind it
  };

  /// \param document the whole tokenizer.json. \param normalizer may be null. \throws FormatError
  AddedTokens(const Component& document, const Model& model, const Normalizer* normalizer);

  /// Receives a part of the text: an added token (id ≥ 0) or what lies between (id = -1, not
  /// empty).
  using Sink = FunctionRef<void(std::string_view part, int32_t id)>;
  /// Finds tokens as they are, before normalization.
  void split_raw(std::string_view text, Sink sink) const { raw_.split(text, skip_special_, sink); }
  /// Finds the tokens marked "normalized" in text that has been normalized.
  void split_normalized(std::string_view text, Sink sink) const {
    normalized_.split(text, skip_special_, sink);
  }

  /// nullptr where there is none.
  const Token* find(int32_t id) const;
  const Token* find(std::string_view content) const;
  /// Largest id + 1; 0 where there are no tokens.
  int64_t size() const { return size_; }

 private:
  /// The tokens of one kind with what to look for: leftmost first, of these the longest.
  struct Finder {
    void build(const std::vector<std::pair<std::string, const Token*>>& patterns);
    void split(std::string_view text, bool skip_special, Sink sink) const;

    std::vector<const Token*> tokens;
    Trie trie;
    std::array<bool, 256> may_start{};
  };

  std::unordered_map<std::string, Token> tokens_;
  std::unordered_map<int32_t, const Token*> by_id_;
  Finder raw_, normalized_;
  int64_t size_ = 0;
  bool skip_special_ = false;  ///< special tokens in a text are text: "split_special_tokens"
};

}  // namespace eida::text

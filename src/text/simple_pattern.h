/// The few regular expressions that occur in the Replace normalizers of SentencePiece tokenizers.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eida::text {

/// Alternatives of one character class each with an optional quantifier, for example
/// `\s{2,}|[\n\r\t]` or ` +`. Classes: an ASCII character, \n \r \t, \s, an escaped punctuation
/// mark, or [] of these without ranges and negation. Quantifiers: + and {N,}.
class SimplePattern {
 public:
  /// Nothing when the expression is of any other form.
  static std::optional<SimplePattern> parse(std::string_view expression);

  /// Length in bytes of the match at the start of `text`, 0 where there is none. As in a
  /// backtracking engine the first alternative that matches counts, and takes all it can.
  size_t match(std::string_view text) const;

 private:
  struct Alternative {
    std::bitset<128> ascii;
    bool space = false;  ///< every white-space character
    size_t least = 1;
    bool repeated = false;
  };
  std::vector<Alternative> alternatives_;
};

}  // namespace eida::text

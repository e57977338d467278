/// Grapheme clusters: what a reader takes for one character.
#pragma once

#include <string_view>

#include "unicode.h"

namespace eida::text {

/// Cuts text into extended grapheme clusters.
/// Source: Unicode Standard Annex 29, rules GB3 to GB11. Flags (GB12, GB13) are left apart: the
/// only user looks clusters of up to five bytes up as a whole, and half a flag and a mark has six.
class GraphemeCutter {
 public:
  /// \param text well-formed UTF-8.
  explicit GraphemeCutter(std::string_view text) : p_(text.data()), end_(p_ + text.size()) {}

  /// The next cluster; empty at the end.
  std::string_view next();

 private:
  /// What the cluster so far ends in, apart from extending characters.
  struct State {
    char32_t last;
    bool pictographic;  ///< a pictograph, then only extending characters
    bool consonant;     ///< an Indic consonant, then only extending characters
    bool linked;        ///< with a linker among these
  };
  static bool joins(const State& state, char32_t c);

  const char *p_, *end_;
};

}  // namespace eida::text

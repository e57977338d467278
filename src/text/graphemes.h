/// Grapheme clusters: what a reader takes for one character.
#pragma once

#include <cstddef>
#include <string_view>

namespace eida::text {

/// Bytes of the extended grapheme cluster that the text, well-formed UTF-8, begins with; 0 at its
/// end. Source: Unicode Standard Annex 29, rules GB3 to GB11. Flags (GB12, GB13) are left apart:
/// the only user looks clusters of up to five bytes up as a whole, and half a flag and a mark has
/// six.
size_t grapheme_length(std::string_view text);

}  // namespace eida::text

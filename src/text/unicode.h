/// Unicode as the `tokenizers` library sees it: character classes, lower case, normal forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eida/core/utf8.h"

namespace eida::text {

/// Bits of properties(). Source: scripts/make_unicode_tables.py, which asked the library itself.
enum Property : uint16_t {
  kLetter = 1,         ///< \p{L} of byte-level BPE's pattern
  kNumber = 2,         ///< \p{N} of that pattern
  kSpace = 4,          ///< white space, \s of regular expressions too
  kWord = 8,           ///< \w around an added token of a single word
  kControl = 16,       ///< dropped by BERT's text cleaning
  kCjk = 32,           ///< BERT puts spaces around it
  kMark = 64,          ///< accents, as StripAccents drops them
  kPunctuation = 128,  ///< a piece of its own for BERT
  kGraphemeControl = 256,
  kGraphemeExtend = 512,  ///< joins the grapheme cluster before it
  kGraphemePrepend = 1024,
  kPictographic = 2048,
  kBertMark = 4096,           ///< accents, as BERT's normalizer drops them (it has an older table)
  kConjunctConsonant = 8192,  ///< Indic: joined by a linker, one grapheme cluster
  kConjunctLinker = 16384,
  kNumeric = 32768,  ///< a digit for Digits, whose Unicode is a newer one than \p{N}'s
};

/// Table of 0x110000 sets of Property bits.
const uint16_t* property_table();

inline bool has(char32_t c, uint16_t any_of) { return (property_table()[c] & any_of) != 0; }

using CodePointRanges = std::vector<std::pair<char32_t, char32_t>>;  ///< first and last
CodePointRanges ranges_of_property(uint16_t any_of);
/// \param name of a general category, "Lu", or of a group of them, "L". Empty where there is none.
CodePointRanges ranges_of_category(std::string_view name);

/// Appends the lower case of one character (up to three characters; no context).
void append_lower(std::u32string& out, char32_t c);

enum class NormalForm { kC, kD, kKC, kKD };

/// Source: Unicode Standard Annex 15, with the library's tables.
std::u32string normal_form(std::u32string_view text, NormalForm form);

}  // namespace eida::text

/// Unicode as the `tokenizers` library sees it: character classes, lower case, normal forms.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
};

/// Table of 0x110000 sets of Property bits.
const uint16_t* property_table();

inline bool has(char32_t c, uint16_t any_of) { return (property_table()[c] & any_of) != 0; }

/// Code point at `p`, which it moves behind. The text must be well-formed UTF-8.
inline char32_t next_code_point(const char*& p) {
  const auto byte = [&p](int i) { return static_cast<unsigned char>(p[i]); };
  const char32_t lead = byte(0);
  if (lead < 0x80) return ++p, lead;
  if (lead < 0xE0) return p += 2, (lead & 0x1F) << 6 | (byte(-1) & 0x3F);
  if (lead < 0xF0) return p += 3, (lead & 0x0F) << 12 | (byte(-2) & 0x3F) << 6 | (byte(-1) & 0x3F);
  p += 4;
  return (lead & 0x07) << 18 | (byte(-3) & 0x3F) << 12 | (byte(-2) & 0x3F) << 6 | (byte(-1) & 0x3F);
}

/// Code point that ends before `p`. The text must be well-formed UTF-8.
inline char32_t code_point_before(const char* p) {
  do --p;
  while ((static_cast<unsigned char>(*p) & 0xC0) == 0x80);
  return next_code_point(p);
}

/// Bytes of the well-formed sequence that starts with `lead`.
inline size_t sequence_length(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

void append_utf8(std::string& out, char32_t c);

bool is_ascii(std::string_view text);

/// The text if it is well-formed UTF-8, else a copy in `storage` in which each maximal ill-formed
/// part is U+FFFD, as Python's bytes.decode(errors="replace") has it.
/// Source: The Unicode Standard 15, section 3.9, "U+FFFD Substitution of Maximal Subparts".
std::string_view repair_utf8(std::string_view text, std::string& storage);

std::u32string to_utf32(std::string_view text);
std::string to_utf8(std::u32string_view text);

/// Appends the lower case of one character (up to three characters; no context).
void append_lower(std::u32string& out, char32_t c);

enum class NormalForm { kC, kD, kKC, kKD };

/// Source: Unicode Standard Annex 15, with the library's tables.
std::u32string normal_form(std::u32string_view text, NormalForm form);

}  // namespace eida::text

/// UTF-8: checking, decoding, encoding, display width.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eida {

/// Length in bytes of the well-formed sequence that starts at `position`, 0 where there is none
/// (stray or missing continuation byte, overlong form, surrogate, above U+10FFFF, end of text).
/// Source: The Unicode Standard 15, table 3-7.
size_t utf8_sequence_length(std::string_view text, size_t position);

/// Offset of the first byte that is not well-formed UTF-8, or npos.
size_t find_invalid_utf8(std::string_view text);

bool is_ascii(std::string_view text);  ///< every byte is below 0x80

/// The text if it is well-formed UTF-8, else a copy in `storage` in which each maximal ill-formed
/// part is U+FFFD, as Python's bytes.decode(errors="replace") has it.
/// Source: The Unicode Standard 15, section 3.9, "U+FFFD Substitution of Maximal Subparts".
std::string_view repair_utf8(std::string_view text, std::string& storage);

/// code_point_at() of what is not ASCII.
char32_t wide_code_point_at(std::string_view text, size_t position, size_t& length);
/// Code point at `position`, and its bytes; U+FFFD and 1 where no well-formed sequence starts.
inline char32_t code_point_at(std::string_view text, size_t position, size_t& length) {
  const auto lead = static_cast<unsigned char>(text[position]);
  length = 1;
  return lead < 0x80 ? lead : wide_code_point_at(text, position, length);
}

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

void append_utf8(std::string& out, char32_t c);  ///< appends the bytes of one code point

std::u32string to_utf32(std::string_view text);  ///< of well-formed text
std::string to_utf8(std::u32string_view text);   ///< of code points, as append_utf8()

/// Columns that a terminal uses for the text: 0 for combining and zero-width characters, 2 for East
/// Asian wide ones and emoji, 1 for the rest and for each byte that is not UTF-8.
size_t display_width(std::string_view text);

/// Text from outside made fit for a terminal, a log or a message: control characters (escape
/// sequences, line ends) and bad bytes become U+FFFD, and what exceeds `max_width` columns is
/// replaced by "…".
std::string printable(std::string_view text, size_t max_width = 80);

/// The text in single quotes, as a POSIX shell reads it back.
std::string shell_quoted(std::string_view text);

/// Replaces every `from` (not empty) by `to`, and does not search the replacements again.
void replace_all(std::string& text, std::string_view from, std::string_view to);

}  // namespace eida

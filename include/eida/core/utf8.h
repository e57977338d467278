/// UTF-8: checking, decoding, display width.
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

/// Code point at `position`, which must start a well-formed sequence of `length` bytes.
char32_t decode_utf8(std::string_view text, size_t position, size_t length);

/// Columns that a terminal uses for the text: 0 for combining and zero-width characters, 2 for East
/// Asian wide ones and emoji, 1 for the rest and for each byte that is not UTF-8.
size_t display_width(std::string_view text);

/// Text from outside made fit for a terminal, a log or a message: control characters (escape
/// sequences, line ends) and bad bytes become U+FFFD, and what exceeds `max_width` columns is
/// replaced by "…".
std::string printable(std::string_view text, size_t max_width = 80);

/// The text in single quotes, as a POSIX shell reads it back.
std::string shell_quoted(std::string_view text);

}  // namespace eida

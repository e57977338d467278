/// Code points of texts: classes, lower case, white space. Text that is not UTF-8 is rejected
/// earlier.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "eida/core/utf8.h"

namespace eida::metrics {

/// Code points; each byte that is not UTF-8 becomes U+FFFD.
void decode_text(std::string_view text, std::u32string& codes);

/// Any letter, or a mark that combines with one.
bool is_letter(char32_t code);
/// Decimal digit of any script.
bool is_digit(char32_t code);
/// What Python's str.split() and str.strip() call white space.
bool is_space(char32_t code);
char32_t to_lower(char32_t code);
void append_lower(std::string& out, char32_t code);  ///< of one letter, perhaps two code points
std::string to_lower(std::string_view text);
/// Lower case of ASCII's letters alone.
std::string lower_ascii(std::string_view text);

inline bool is_ascii_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
inline bool is_ascii_upper(char32_t c) { return c >= U'A' && c <= U'Z'; }
inline bool is_ascii_letter(char32_t c) { return is_ascii_upper(c) || (c >= U'a' && c <= U'z'); }
inline bool is_ascii_alnum(char32_t c) { return is_ascii_letter(c) || is_ascii_digit(c); }

/// Text without white space at both ends.
std::string_view strip(std::string_view text);
/// Pieces between runs of white space; none is empty.
std::vector<std::string_view> split_space(std::string_view text);
/// Lines as Python's str.splitlines() cuts them: \n, \r, \r\n, \v, \f, U+001C-U+001E, U+0085,
/// U+2028, U+2029.
std::vector<std::string_view> split_lines(std::string_view text);

}  // namespace eida::metrics

#include "eida/core/utf8.h"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace eida {
namespace {

uint8_t byte_at(std::string_view text, size_t position) {
  return static_cast<uint8_t>(text[position]);
}

bool is_continuation(std::string_view text, size_t position) {
  return (byte_at(text, position) & 0xC0) == 0x80;
}

/// Eight bytes at once: true when all of them are ASCII.
bool eight_ascii(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return (word & 0x8080808080808080ULL) == 0;
}

struct Range {
  char32_t first, last;
};

constexpr Range kZeroWidth[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
    {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                           {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
                           {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

template <size_t N>
bool in_ranges(const Range (&ranges)[N], char32_t code) {
  const auto* found =
      std::lower_bound(std::begin(ranges), std::end(ranges), code,
                       [](const Range& range, char32_t c) { return range.last < c; });
  return found != std::end(ranges) && found->first <= code;
}

}  // namespace

size_t utf8_sequence_length(std::string_view text, size_t position) {
  const uint8_t lead = byte_at(text, position);
  const size_t left = text.size() - position;
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return 0;
  const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (left < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!is_continuation(text, position + i)) return 0;
  }
  const uint8_t second = byte_at(text, position + 1);
  const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_large = lead == 0xF4 && second > 0x8F;
  return overlong || surrogate || too_large ? 0 : length;
}

size_t find_invalid_utf8(std::string_view text) {
  size_t position = 0;
  while (position < text.size()) {
    if (text.size() - position >= 8 && eight_ascii(text.data() + position)) {
      position += 8;
      continue;
    }
    const size_t length = utf8_sequence_length(text, position);
    if (length == 0) return position;
    position += length;
  }
  return std::string_view::npos;
}

char32_t decode_utf8(std::string_view text, size_t position, size_t length) {
  const uint8_t lead = byte_at(text, position);
  if (length <= 1) return lead;
  char32_t code = lead & (0xFFU >> (length + 1));
  for (size_t i = 1; i < length; ++i) code = (code << 6) | (byte_at(text, position + i) & 0x3FU);
  return code;
}

size_t display_width(std::string_view text) {
  size_t width = 0;
  for (size_t position = 0; position < text.size();) {
    const size_t length = utf8_sequence_length(text, position);
    const char32_t code = length == 0 ? U'?' : decode_utf8(text, position, length);
    if (!in_ranges(kZeroWidth, code)) width += in_ranges(kWide, code) ? 2 : 1;
    position += length == 0 ? 1 : length;
  }
  return width;
}

std::string printable(std::string_view text, size_t max_width) {
  constexpr std::string_view kReplacement = "\uFFFD";
  std::string clean;
  size_t width = 0;
  for (size_t position = 0; position < text.size();) {
    const size_t length = utf8_sequence_length(text, position);
    const char32_t code = length == 0 ? 0 : decode_utf8(text, position, length);
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0) ||
                         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    const std::string_view next = control ? kReplacement : text.substr(position, length);
    position += length == 0 ? 1 : length;
    width += display_width(next);
    if (width > max_width || clean.size() > 4 * max_width) return clean + "\u2026";
    clean += next;
  }
  return clean;
}

std::string shell_quoted(std::string_view text) {
  std::string word = "'";
  for (const char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

}  // namespace eida

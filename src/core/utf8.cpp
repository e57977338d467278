#include "eida/core/utf8.h"

#include <utf8proc.h>

#include <cstring>

namespace eida {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

uint8_t byte_at(std::string_view text, size_t position) {
  return static_cast<uint8_t>(text[position]);
}

bool is_continuation(std::string_view text, size_t position) {
  return (byte_at(text, position) & 0xC0) == 0x80;
}

/// Index of the first byte from `position` on that is not ASCII.
size_t skip_ascii(std::string_view text, size_t position) {
  for (; position + 8 <= text.size(); position += 8) {
    uint64_t chunk = 0;
    std::memcpy(&chunk, text.data() + position, 8);
    if ((chunk & 0x8080808080808080u) != 0) break;
  }
  while (position < text.size() && static_cast<unsigned char>(text[position]) < 0x80) ++position;
  return position;
}

/// Length of the maximal ill-formed part at `position`: the longest prefix of some well-formed
/// sequence, at least one byte.
size_t ill_formed_length(std::string_view text, size_t position) {
  const auto byte = [&](size_t i) {
    return position + i < text.size() ? static_cast<unsigned char>(text[position + i]) : 0u;
  };
  const unsigned lead = byte(0);
  if (lead < 0xC2 || lead > 0xF4) return 1;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 1;
  return lead >= 0xF0 && (byte(2) & 0xC0) == 0x80 ? 3 : 2;
}

int width_of(char32_t code) { return utf8proc_charwidth(static_cast<utf8proc_int32_t>(code)); }

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
  while ((position = skip_ascii(text, position)) < text.size()) {
    const size_t length = utf8_sequence_length(text, position);
    if (length == 0) return position;
    position += length;
  }
  return std::string_view::npos;
}

char32_t wide_code_point_at(std::string_view text, size_t position, size_t& length) {
  const char* p = text.data() + position;
  length = utf8_sequence_length(text, position);
  if (length > 0) return next_code_point(p);
  length = 1;
  return U'\uFFFD';
}

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (c >> shift & 0x3F)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0 | c >> 6);
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0 | c >> 12);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | c >> 18);
    tail(12), tail(6), tail(0);
  }
}

bool is_ascii(std::string_view text) { return skip_ascii(text, 0) == text.size(); }

std::string_view repair_utf8(std::string_view text, std::string& storage) {
  size_t position = 0, copied = 0;
  bool changed = false;
  while ((position = skip_ascii(text, position)) < text.size()) {
    if (const size_t length = utf8_sequence_length(text, position); length > 0) {
      position += length;
      continue;
    }
    if (!changed) storage.clear();
    changed = true;
    storage.append(text, copied, position - copied);
    storage += kReplacement;
    copied = position += ill_formed_length(text, position);
  }
  if (!changed) return text;
  storage.append(text, copied);
  return storage;
}

std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (const char *p = text.data(), *end = p + text.size(); p < end;) out += next_code_point(p);
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size() * 2);
  for (const char32_t c : text) append_utf8(out, c);
  return out;
}

size_t display_width(std::string_view text) {
  int width = 0;
  for (size_t position = 0, length = 1; position < text.size(); position += length)
    width += width_of(code_point_at(text, position, length));
  return static_cast<size_t>(width);
}

std::string printable(std::string_view text, size_t max_width) {
  std::string clean;
  size_t width = 0;
  for (size_t position = 0, length = 1; position < text.size(); position += length) {
    char32_t code = code_point_at(text, position, length);
    const bool control = code < 0x20 || (code >= 0x7F && code < 0xA0) ||
                         (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
    if (control) code = U'\uFFFD';
    width += static_cast<size_t>(width_of(code));
    if (width > max_width || clean.size() > 4 * max_width) return clean + "\u2026";
    append_utf8(clean, code);
  }
  return clean;
}

std::string shell_quoted(std::string_view text) {
  std::string word(text);
  replace_all(word, "'", "'\\''");
  return "'" + word + "'";
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

}  // namespace eida

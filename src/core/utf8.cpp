#include "eida/core/utf8.h"

#include <utf8proc.h>

#include <cstring>

namespace eida {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

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
  const auto* bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  utf8proc_int32_t code = 0;
  const utf8proc_ssize_t length = utf8proc_iterate(
      bytes + position, static_cast<utf8proc_ssize_t>(text.size() - position), &code);
  return length > 0 ? static_cast<size_t>(length) : 0;
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
  if (c < 0x80) return out.push_back(static_cast<char>(c));
  utf8proc_uint8_t bytes[4];
  const auto length = utf8proc_encode_char(static_cast<utf8proc_int32_t>(c), bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(length));
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

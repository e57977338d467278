#include "unicode.h"

#include <bit>
#include <cstring>

#include "eida/core/utf8.h"
#include "unicode_tables.h"

namespace eida::text {
namespace {

constexpr char32_t kReplacement = 0xFFFD;

std::vector<uint16_t> expand_runs() {
  std::vector<uint16_t> table(0x110000, 0);
  const auto runs = property_runs();
  for (size_t i = 0; i < runs.size(); i += 3) {
    for (uint32_t c = runs[i]; c <= runs[i + 1]; ++c) table[c] = static_cast<uint16_t>(runs[i + 2]);
  }
  return table;
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

}  // namespace

const uint16_t* property_table() {
  static const std::vector<uint16_t> table = expand_runs();
  return table.data();
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

/// Index of the first byte from `position` on that is not ASCII.
static size_t skip_ascii(std::string_view text, size_t position) {
  for (; position + 8 <= text.size(); position += 8) {
    uint64_t chunk;
    std::memcpy(&chunk, text.data() + position, 8);
    if ((chunk & 0x8080808080808080u) != 0) break;
  }
  while (position < text.size() && static_cast<unsigned char>(text[position]) < 0x80) ++position;
  return position;
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
    append_utf8(storage, kReplacement);
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

}  // namespace eida::text

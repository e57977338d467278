#include "unicode.h"

#include <utf8proc.h>

namespace eida::metrics {
namespace {

bool is_line_end(char32_t code) {
  return (code >= 0x0A && code <= 0x0D) || (code >= 0x1C && code <= 0x1E) || code == 0x85 ||
         code == 0x2028 || code == 0x2029;
}

}  // namespace

void decode_text(std::string_view text, std::u32string& codes) {
  codes.clear();
  codes.reserve(text.size() + 2);
  for (size_t position = 0, length = 1; position < text.size(); position += length) {
    codes.push_back(code_point_at(text, position, length));
  }
}

bool is_letter(char32_t code) {
  if (code < 0x80) return is_ascii_letter(code);
  const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
         category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC;
}

bool is_digit(char32_t code) {
  if (code < 0x80) return is_ascii_digit(code);
  return utf8proc_category(static_cast<utf8proc_int32_t>(code)) == UTF8PROC_CATEGORY_ND;
}

bool is_space(char32_t code) {
  if (code < 0x80) return code == U' ' || (code >= 9 && code <= 13) || (code >= 28 && code <= 31);
  return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) ||
         code == 0x2028 || code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

char32_t to_lower(char32_t code) {
  if (code < 0x80) return is_ascii_upper(code) ? code + 32 : code;
  return static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(code)));
}

void append_lower(std::string& out, char32_t code) {
  append_utf8(out, to_lower(code));
  if (code == 0x130) out += "\u0307";  // a capital I with a dot, as Python and Java have it
}

std::string lower_ascii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return lower;
}

std::string to_lower(std::string_view text) {
  if (is_ascii(text)) return lower_ascii(text);
  std::string lower;
  for (size_t position = 0, length = 1; position < text.size(); position += length) {
    append_lower(lower, code_point_at(text, position, length));
  }
  return lower;
}

std::vector<std::string_view> split_space(std::string_view text) {
  std::vector<std::string_view> pieces;
  size_t begin = std::string_view::npos;
  for (size_t position = 0, length = 1; position < text.size(); position += length) {
    const bool space = is_space(code_point_at(text, position, length));
    if (space && begin != std::string_view::npos) {
      pieces.push_back(text.substr(begin, position - begin));
      begin = std::string_view::npos;
    } else if (!space && begin == std::string_view::npos) {
      begin = position;
    }
  }
  if (begin != std::string_view::npos) pieces.push_back(text.substr(begin));
  return pieces;
}

std::string_view strip(std::string_view text) {
  const auto pieces = split_space(text);
  if (pieces.empty()) return {};
  return {pieces.front().data(), pieces.back().data() + pieces.back().size()};
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  size_t begin = 0;
  for (size_t position = 0, length = 1; position < text.size(); position += length) {
    const char32_t code = code_point_at(text, position, length);
    if (!is_line_end(code)) continue;
    lines.push_back(text.substr(begin, position - begin));
    if (code == U'\r' && position + 1 < text.size() && text[position + 1] == '\n') length = 2;
    begin = position + length;
  }
  if (begin < text.size()) lines.push_back(text.substr(begin));
  return lines;
}

}  // namespace eida::metrics

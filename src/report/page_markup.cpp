#include "page_markup.h"

#include "eida/core/utf8.h"

namespace eida {
namespace {

constexpr std::string_view kReplacement = "\uFFFD";

bool is_control(unsigned char byte) {
  return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F;
}

/// One well-formed character.
std::string_view escape_character(std::string_view character) {
  switch (character.front()) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return is_control(static_cast<unsigned char>(character.front())) ? kReplacement : character;
  }
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (size_t i = 0, length = 1; i < text.size(); i += length) {
    const bool sound = code_point_at(text, i, length) != U'\uFFFD';
    escaped += sound ? escape_character(text.substr(i, length)) : kReplacement;
  }
  return escaped;
}

}  // namespace eida

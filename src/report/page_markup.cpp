#include "page_markup.h"

#include <fmt/format.h>

#include <cctype>

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
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8_sequence_length(text, i);
    escaped += length == 0 ? kReplacement : escape_character(text.substr(i, length));
    i += length == 0 ? 1 : length;
  }
  return escaped;
}

std::string script_json(const nlohmann::ordered_json& json) {
  const std::string ascii =
      json.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace);
  std::string safe;
  safe.reserve(ascii.size());
  for (const char c : ascii) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string svg_address(std::string_view svg) {
  std::string address = "data:image/svg+xml,";
  for (const char c : svg) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte < 0x80 &&
        (std::isalnum(byte) != 0 || std::string_view(" ,.()_=-/:;").find(c) != std::string::npos);
    address += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return address;
}

}  // namespace eida

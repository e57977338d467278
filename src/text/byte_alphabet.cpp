#include "byte_alphabet.h"

#include <array>

#include "unicode.h"

namespace eida::text {
namespace {

/// Source: Radford et al. (2019), bytes_to_unicode: printable Latin-1 stays, the rest moves up from
/// U+0100 in order.
struct Alphabet {
  std::array<std::string, 256> stand_in;
  std::array<int, 0x144> byte;  ///< by code point, -1 where there is none

  Alphabet() {
    byte.fill(-1);
    char32_t moved = 0x100;
    for (char32_t b = 0; b < 256; ++b) {
      const bool stays = (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      const char32_t c = stays ? b : moved++;
      append_utf8(stand_in[b], c);
      byte[c] = static_cast<int>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

std::string_view byte_stand_in(unsigned char byte) { return alphabet().stand_in[byte]; }

void append_token_bytes(std::string& out, std::string_view token) {
  const size_t before = out.size();
  for (const char *p = token.data(), *end = p + token.size(); p < end;) {
    const char32_t c = next_code_point(p);
    const int byte = c < alphabet().byte.size() ? alphabet().byte[c] : -1;
    if (byte < 0) {
      out.resize(before);
      out += token;
      return;
    }
    out += static_cast<char>(byte);
  }
}

}  // namespace eida::text

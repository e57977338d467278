#include <array>

#include "eida/metrics/bleu_nist.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

constexpr std::array<bool, 256> make_split_set() {
  std::array<bool, 256> set{};
  for (const char c : std::string_view("!\"#$%&()*+:;<=>?@[\\]^_`{|}~/")) {
    set[static_cast<unsigned char>(c)] = true;
  }
  return set;
}
constexpr std::array<bool, 256> kSplit = make_split_set();

bool is_digit_byte(char c) { return c >= '0' && c <= '9'; }
bool is_mark(char c) { return c == '.' || c == ','; }

void put_apart(std::string& out, char c) {
  out.push_back(' ');
  out.push_back(c);
  out.push_back(' ');
}

/// Entities resolved, line ends gone, every character of the split set set apart.
std::string split_symbols(std::string_view text) {
  std::string clean(text);
  replace_all(clean, "<skipped>", "");
  replace_all(clean, "-\n", "");
  replace_all(clean, "\n", " ");
  replace_all(clean, "&quot;", "\"");
  replace_all(clean, "&amp;", "&");
  replace_all(clean, "&lt;", "<");
  replace_all(clean, "&gt;", ">");
  std::string out = " ";
  out.reserve(clean.size() + 32);
  for (const char c : clean) {
    if (kSplit[static_cast<unsigned char>(c)]) {
      put_apart(out, c);
    } else {
      out.push_back(c);
    }
  }
  out.push_back(' ');
  return out;
}

/// One pass of a replacement of two adjacent characters: where `match` holds, `emit` writes both,
/// and the next pair starts behind them, as a regular expression's global replacement does.
template <typename Match, typename Emit>
std::string replace_pairs(const std::string& text, Match match, Emit emit) {
  std::string out;
  out.reserve(text.size() + 32);
  for (size_t i = 0; i < text.size(); ++i) {
    if (i + 1 < text.size() && match(text[i], text[i + 1])) {
      emit(out, text[i], text[i + 1]);
      ++i;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string split_marks(const std::string& text) {
  std::string out = replace_pairs(
      text, [](char x, char y) { return !is_digit_byte(x) && is_mark(y); },
      [](std::string& o, char x, char y) { o.push_back(x), put_apart(o, y); });
  out = replace_pairs(
      out, [](char x, char y) { return is_mark(x) && !is_digit_byte(y); },
      [](std::string& o, char x, char y) { put_apart(o, x), o.push_back(y); });
  if (out.find('-') == std::string::npos) return out;
  return replace_pairs(
      out, [](char x, char y) { return is_digit_byte(x) && y == '-'; },
      [](std::string& o, char x, char y) { o.push_back(x), put_apart(o, y); });
}

void lower_ascii(std::string& token) {
  for (char& c : token) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
}

}  // namespace

std::vector<std::string> mteval_tokens(std::string_view text, MtevalConvention convention) {
  const std::string spaced = split_marks(split_symbols(text));
  std::vector<std::string> tokens;
  for (const std::string_view piece : split_space(spaced)) {
    tokens.emplace_back(piece);
    if (convention == MtevalConvention::kPerl) {
      lower_ascii(tokens.back());
    } else {
      tokens.back() = to_lower(piece);
    }
  }
  if (tokens.empty() && convention == MtevalConvention::kPymteval) tokens.emplace_back();
  return tokens;
}

}  // namespace eida

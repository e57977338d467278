#include "simple_pattern.h"

#include <algorithm>

#include "unicode.h"

namespace eida::text {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// Reads one character of a class from the front of `rest`, without its meaning: 0 for \s.
std::optional<char> take_character(std::string_view& rest, std::string_view special) {
  const auto ordinary = [&rest] {
    return !rest.empty() && rest[0] != '\0' && static_cast<unsigned char>(rest[0]) < 128;
  };
  if (!ordinary()) return std::nullopt;
  char c = rest[0];
  rest.remove_prefix(1);
  if (c != '\\') return special.find(c) == special.npos ? std::optional(c) : std::nullopt;
  if (!ordinary()) return std::nullopt;
  c = rest[0];
  rest.remove_prefix(1);
  constexpr std::string_view kNames = "nrts", kMeant("\n\r\t\0", 4);
  if (const size_t at = kNames.find(c); at != kNames.npos) return kMeant[at];
  return is_letter_or_digit(c) || c == '_' ? std::nullopt : std::optional(c);
}

/// Reads {N,} or +; a missing quantifier is fine.
bool take_quantifier(std::string_view& rest, size_t& least, bool& repeated) {
  if (rest.empty() || (rest[0] != '+' && rest[0] != '{')) return true;
  repeated = true;
  if (rest[0] == '{') {
    size_t i = 1;
    for (least = 0; i < rest.size() && rest[i] >= '0' && rest[i] <= '9' && least < 1000; ++i)
      least = 10 * least + static_cast<size_t>(rest[i] - '0');
    if (rest.substr(i, 2) != ",}" || least == 0) return false;
    rest.remove_prefix(i + 2);
  } else {
    rest.remove_prefix(1);
  }
  return rest.empty() || rest[0] == '|';
}

}  // namespace

std::optional<SimplePattern> SimplePattern::parse(std::string_view rest) {
  SimplePattern pattern;
  for (;;) {
    Alternative one;
    const auto add = [&one](char c) {
      if (c == '\0') {
        one.space = true;
      } else {
        one.ascii.set(static_cast<unsigned char>(c));
      }
    };
    if (!rest.empty() && rest[0] == '[') {
      rest.remove_prefix(1);
      do {
        const auto c = take_character(rest, "[]^-&");
        if (!c) return std::nullopt;
        add(*c);
      } while (!rest.empty() && rest[0] != ']');
      if (rest.empty()) return std::nullopt;
      rest.remove_prefix(1);
    } else {
      const auto c = take_character(rest, "()[]{}|.*+?^$");
      if (!c) return std::nullopt;
      add(*c);
    }
    if (!take_quantifier(rest, one.least, one.repeated)) return std::nullopt;
    pattern.alternatives_.push_back(one);
    if (rest.empty()) return pattern;
    if (rest[0] != '|') return std::nullopt;
    rest.remove_prefix(1);
  }
}

size_t SimplePattern::match(std::string_view text) const {
  for (const Alternative& one : alternatives_) {
    const char *p = text.data(), *end = p + text.size();
    size_t count = 0;
    while (p < end && (count == 0 || one.repeated)) {
      const char* next = p;
      const char32_t c = next_code_point(next);
      if (!(c < 128 && one.ascii[c]) && !(one.space && has(c, kSpace))) break;
      p = next;
      ++count;
    }
    if (count >= one.least) return static_cast<size_t>(p - text.data());
  }
  return 0;
}

}  // namespace eida::text

/// From Oniguruma's syntax to PCRE2's: what both read alike is copied, what they read differently
/// is said in other words or refused. Source: Oniguruma 6.9, doc/RE; PCRE2 10.42, pcre2pattern(3).
#include <fmt/format.h>

#include <array>
#include <cctype>
#include <utility>

#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "regex.h"
#include "unicode.h"

namespace eida::text {
namespace {

/// These characters, or all others, for use within brackets.
std::string in_brackets(const CodePointRanges& ranges, bool others) {
  std::string out;
  const auto add = [&out](char32_t from, char32_t to) {
    if (from <= to) out += fmt::format("\\x{{{:X}}}-\\x{{{:X}}}", uint32_t{from}, uint32_t{to});
  };
  if (!others) {
    for (const auto& [first, last] : ranges) add(first, last);
    return out;
  }
  constexpr char32_t kSurrogates = 0xD800, kBehindSurrogates = 0xE000, kLast = 0x10FFFF;
  char32_t begin = 0;
  const auto add_gap = [&](char32_t end) {  // up to before `end`
    if (end == 0 || begin >= end) return;
    if (begin < kSurrogates && end > kSurrogates) {
      add(begin, kSurrogates - 1);
      begin = kBehindSurrogates;
    }
    if (begin < end) add(begin, end - 1);
  };
  for (const auto& [first, last] : ranges) {
    add_gap(first);
    begin = last + 1;
  }
  add_gap(kLast + 1);
  return out;
}

class Translator {
 public:
  explicit Translator(std::string_view expression) : all_(expression), rest_(expression) {}

  std::string run() {
    if (find_invalid_utf8(all_) != std::string_view::npos) refuse("text that is not UTF-8");
    if (take("(?i)")) {
      caseless_ = true;
      out_ += "(?i)";
    }
    alternatives(0);
    if (!rest_.empty()) refuse("')' without '('");
    return std::move(out_);
  }

 private:
  [[noreturn]] void refuse(std::string_view what) const {
    throw FormatError("{} at byte {}", what, all_.size() - rest_.size());
  }
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  char next() {
    if (rest_.empty()) refuse("an end in the middle");
    const char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }

  void alternatives(int depth) {
    constexpr int kDeepest = 100;
    if (depth > kDeepest) refuse("more than 100 groups in another");
    while (!rest_.empty() && rest_[0] != ')') {
      if (take("|")) {
        out_ += '|';
        last_letter_ = 0;
        continue;
      }
      atom(depth);
      quantifier();
    }
  }

  void atom(int depth) {
    const char before = std::exchange(last_letter_, '\0');
    const std::string_view here = rest_;
    const char c = next();
    if (c == '(') return group(depth);
    if (c == '[') return bracket();
    if (c == '\\') return escape(before);
    if (c == '.') {
      out_ += "[^\\n]";
      return;
    }
    if (std::string_view("^$*+?{}]").find(c) != std::string_view::npos) {
      rest_ = here;
      refuse(fmt::format("'{}'", c));
    }
    rest_.remove_prefix(sequence_length(c) - 1);
    literal(here.substr(0, sequence_length(c)), before);
  }

  /// One character that stands for itself.
  void literal(std::string_view character, char before) {
    if (caseless_) {
      // Oniguruma folds some pairs of letters into one character, for example ss and ß.
      if (character.size() > 1) refuse("a character beyond ASCII where case is ignored");
      last_letter_ = static_cast<char>(std::tolower(static_cast<unsigned char>(character[0])));
      for (const std::string_view pair : {"ss", "st", "ff", "fi", "fl"}) {
        if (pair[0] == before && pair[1] == last_letter_)
          refuse(fmt::format("'{}' where case is ignored", pair));
      }
    }
    append_literal(character);
  }

  void append_literal(std::string_view character) {
    const auto c = static_cast<unsigned char>(character[0]);
    if (c < 128 && std::isalnum(c) == 0) {
      out_ += fmt::format("\\x{{{:X}}}", c);
    } else {
      out_ += character;
    }
  }

  void group(int depth) {
    const bool outer = caseless_;
    if (take("?")) {
      static constexpr std::array kKinds = {":", "=", "!", "<=", "<!", ">", "i:"};
      const char* found = nullptr;
      for (const char* kind : kKinds)
        if (found == nullptr && take(kind)) found = kind;
      if (found == nullptr) refuse(fmt::format("the group '(?{}'", rest_.substr(0, 1)));
      caseless_ = caseless_ || found == std::string_view("i:");
      out_ += fmt::format("(?{}", found);
    } else {
      if (rest_.starts_with("*")) refuse("'(*'");
      out_ += "(?:";  // nothing reads what a group held
    }
    alternatives(depth + 1);
    if (!take(")")) refuse("'(' without ')'");
    out_ += ')';
    caseless_ = outer;
    last_letter_ = '\0';
  }

  /// \s, \S, \d, \D, \p{…}, \P{…}: what they stand for within brackets, empty where the escape is
  /// none of these. `name` is the letter behind the backslash, already taken.
  std::string character_class(char name) {
    const bool negated = name == 'S' || name == 'D' || name == 'P';
    switch (std::tolower(static_cast<unsigned char>(name))) {
      case 's':
        return in_brackets(ranges_of_property(kSpace), negated);
      case 'd':
        return category("Nd", negated);
      case 'p': {
        if (!take("{")) refuse("'\\p' without '{'");
        const bool circumflex = take("^");
        const size_t end = rest_.find('}');
        if (end == std::string_view::npos) refuse("'\\p{' without '}'");
        const std::string_view what = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return category(what, negated != circumflex);
      }
      default:
        return "";
    }
  }

  std::string category(std::string_view name, bool negated) const {
    if (caseless_) refuse("a property where case is ignored");
    const CodePointRanges ranges = ranges_of_category(name);
    if (ranges.empty()) refuse(fmt::format("the property '{}'", printable(name)));
    return in_brackets(ranges, negated);
  }

  /// A character that an escape stands for; -1: it is none that both read alike.
  int64_t escaped_character(char name) {
    switch (name) {
      case 'n':
        return '\n';
      case 'r':
        return '\r';
      case 't':
        return '\t';
      case 'f':
        return '\f';
      case 'v':
        return '\v';
      case 'a':
        return '\a';
      case 'e':
        return 0x1B;
      case 'x':
        return hexadecimal();
      default:
        return static_cast<unsigned char>(name) < 128 &&
                       std::isalnum(static_cast<unsigned char>(name)) == 0
                   ? name
                   : -1;
    }
  }

  int64_t hexadecimal() {
    const bool braces = take("{");
    int64_t value = 0;
    size_t digits = 0;
    for (const size_t most = braces ? 8 : 2; digits < most && !rest_.empty(); ++digits) {
      const char c = rest_[0];
      if (std::isxdigit(static_cast<unsigned char>(c)) == 0) break;
      value = 16 * value + (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
      rest_.remove_prefix(1);
    }
    if (digits == 0 || (braces && !take("}")) || value > 0x10FFFF || (!braces && value > 127) ||
        (value >= 0xD800 && value < 0xE000))
      refuse("'\\x' without a code point");
    return value;
  }

  void escape(char before) {
    const char name = next();
    if (const std::string inside = character_class(name); !inside.empty()) {
      out_ += fmt::format("[{}]", inside);
      return;
    }
    const int64_t c = escaped_character(name);
    if (c < 0) refuse(fmt::format("'\\{}'", printable({&name, 1})));
    std::string text;
    append_utf8(text, static_cast<char32_t>(c));
    literal(text, before);
  }

  void bracket() {
    out_ += take("^") ? "[^" : "[";
    if (rest_.starts_with("]")) refuse("an empty '[]'");
    bool open_range = false;  // the last thing may begin one
    while (!take("]")) {
      if (rest_.empty()) refuse("'[' without ']'");
      if (rest_.starts_with("[") || rest_.starts_with("&&")) refuse("a set within '[]'");
      if (rest_[0] == '-' && open_range && rest_.size() > 1 && rest_[1] != ']') {
        next();
        out_ += '-';
        if (!member()) refuse("a range that ends in a class");
        open_range = false;
        if (rest_.starts_with("-") && !rest_.starts_with("-]")) refuse("'-' behind a range");
      } else {
        if (rest_[0] == '-' && !rest_.starts_with("-]") && out_.back() != '[' && out_.back() != '^')
          refuse("'-' in the middle of '[]'");
        open_range = member();
      }
    }
    out_ += ']';
  }

  /// One character or class of a bracket; whether it is a character.
  bool member() {
    const std::string_view here = rest_;
    const char c = next();
    if (c == '[') {
      rest_ = here;
      refuse("a set within '[]'");
    }
    std::string text(here.substr(0, sequence_length(c)));
    if (c == '\\') {
      const char name = next();
      if (const std::string inside = character_class(name); !inside.empty()) {
        out_ += inside;
        return false;
      }
      const int64_t code = escaped_character(name);
      if (code < 0) refuse(fmt::format("'\\{}' within '[]'", printable({&name, 1})));
      text.clear();
      append_utf8(text, static_cast<char32_t>(code));
    } else {
      rest_.remove_prefix(text.size() - 1);
    }
    if (caseless_ && text.size() > 1) refuse("a character beyond ASCII where case is ignored");
    append_literal(text);
    return true;
  }

  void quantifier() {
    if (rest_.empty() || std::string_view("*+?{").find(rest_[0]) == std::string_view::npos) return;
    last_letter_ = '\0';
    const bool interval = rest_[0] == '{';
    bool exact = false;
    if (interval) {
      exact = take_interval();
    } else {
      out_ += next();
    }
    // In Oniguruma {2}? is optional and {2}+ repeats.
    if (!exact && take("?")) {
      out_ += '?';
    } else if (!interval && take("+")) {
      out_ += '+';
    }
    if (!rest_.empty() && std::string_view("*+?{").find(rest_[0]) != std::string_view::npos)
      refuse("a quantifier behind another");
  }

  /// Whether it is {n}.
  bool take_interval() {
    next();
    const auto number = [this] {
      size_t digits = 0;
      while (digits < rest_.size() && std::isdigit(static_cast<unsigned char>(rest_[digits])) != 0)
        ++digits;
      if (digits > 4) refuse("a number in '{}' of more than four digits");
      std::string text(rest_.substr(0, digits));
      rest_.remove_prefix(digits);
      return text;
    };
    const std::string least = number();
    const bool comma = take(",");
    const std::string most = comma ? number() : "";
    if (!take("}") || (least.empty() && most.empty())) refuse("'{' without '{n,m}'");
    if (!most.empty() && !least.empty() && std::stoi(most) < std::stoi(least))
      refuse("'{n,m}' with n above m");
    out_ += comma ? fmt::format("{{{},{}}}", least.empty() ? "0" : least, most)
                  : fmt::format("{{{}}}", least);
    return !comma;
  }

  std::string_view all_, rest_;
  std::string out_;
  bool caseless_ = false;
  char last_letter_ = '\0';  ///< of literals that stand together where case is ignored
};

}  // namespace

std::string pcre2_expression(std::string_view expression) { return Translator(expression).run(); }

}  // namespace eida::text

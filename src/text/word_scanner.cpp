#include "word_scanner.h"

#include <array>

#include "unicode.h"

namespace eida::text {
namespace {

enum Class : uint8_t { kOther, kLetters, kNumbers, kSpaces };

Class class_of(uint16_t properties) {
  if ((properties & kLetter) != 0) return kLetters;
  if ((properties & kNumber) != 0) return kNumbers;
  return (properties & kSpace) != 0 ? kSpaces : kOther;
}

class Scanner {
 public:
  explicit Scanner(std::string_view text)
      : p_(text.data()), end_(p_ + text.size()), wide_(property_table()) {
    static const std::array<Class, 128> ascii = [] {
      std::array<Class, 128> table{};
      for (char32_t c = 0; c < 128; ++c) table[c] = class_of(property_table()[c]);
      return table;
    }();
    ascii_ = ascii.data();
  }

  bool done() const { return p_ == end_; }

  std::string_view next_of_gpt2() {
    const char* begin = p_;
    if (*p_ == '\'' && take_contraction(false)) return since(begin);
    Class first = take();
    if (*begin == ' ' && p_ < end_) {
      const char* space_end = p_;
      first = take();
      if (first == kSpaces) p_ = space_end;
    }
    if (first == kSpaces) {
      take_spaces();
    } else {
      take_while(first);
    }
    return since(begin);
  }

  /// \param most digits of a number
  std::string_view next_of_tiktoken(int most) {
    const char* begin = p_;
    if (*p_ == '\'' && take_contraction(true)) return since(begin);
    const Class first = take();
    if (first == kLetters) {
      take_while(kLetters);
    } else if (first == kNumbers) {
      const char* after = p_;
      for (int taken = 1; taken < most && p_ < end_ && peek(after) == kNumbers; ++taken) p_ = after;
    } else {
      const char* after = p_;
      const Class second = p_ < end_ ? peek(after) : kSpaces;
      if (second == kLetters && !is_line_end(*begin)) {
        take_while(kLetters);
      } else if (first == kOther || (*begin == ' ' && second == kOther)) {
        take_while(kOther);
        while (p_ < end_ && is_line_end(*p_)) ++p_;
      } else {
        take_lines_or_spaces(begin);
      }
    }
    return since(begin);
  }

 private:
  std::string_view since(const char* begin) const {
    return {begin, static_cast<size_t>(p_ - begin)};
  }
  Class peek(const char*& after) const {
    const auto byte = static_cast<unsigned char>(*after);
    if (byte < 128) return ++after, ascii_[byte];
    return class_of(wide_[next_code_point(after)]);
  }
  Class take() { return peek(p_); }
  static bool is_line_end(char c) { return c == '\n' || c == '\r'; }

  void take_while(Class wanted) {
    for (const char* after = p_; p_ < end_; p_ = after) {
      if (peek(after) != wanted) return;
    }
  }

  /// After the first white space: the rest of the run, but not its last character where something
  /// else follows. That one is left for the next piece.
  void take_spaces() {
    const char *last = p_, *after = p_;
    while (p_ < end_ && peek(after) == kSpaces) {
      last = p_;
      p_ = after;
    }
    if (p_ < end_) p_ = last;
  }

  /// After the first white space: up to the last line end of the run, where it has one.
  void take_lines_or_spaces(const char* begin) {
    const char* behind_line = is_line_end(*begin) ? p_ : nullptr;
    const char* first_end = p_;
    for (const char* after = p_; p_ < end_ && peek(after) == kSpaces; p_ = after)
      if (is_line_end(*p_)) behind_line = after;
    if (behind_line != nullptr) {
      p_ = behind_line;
    } else {
      p_ = first_end;
      take_spaces();
    }
  }

  bool take_contraction(bool any_case) {
    const std::string_view rest(p_ + 1, static_cast<size_t>(end_ - p_ - 1));
    if (any_case && rest.starts_with("\u017F")) return p_ += 3, true;  // folds to s
    for (const std::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"}) {
      if (rest.size() < ending.size()) continue;
      bool fits = true;
      for (size_t i = 0; i < ending.size(); ++i)
        fits = fits && (any_case ? rest[i] | 0x20 : rest[i]) == ending[i];
      if (!fits) continue;
      p_ += 1 + ending.size();
      return true;
    }
    return false;
  }

  const char *p_, *end_;
  const Class* ascii_;
  const uint16_t* wide_;
};

}  // namespace

std::optional<WordPattern> word_pattern(std::string_view expression) {
  if (expression == R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)")
    return WordPattern::kGpt2;
  if (expression == kQwen2Words) return WordPattern::kQwen2;
  std::string llama3(kQwen2Words);
  replace_all(llama3, R"(|\p{N}|)", R"(|\p{N}{1,3}|)");
  if (expression == llama3) return WordPattern::kLlama3;
  return std::nullopt;
}

void scan_words(WordPattern pattern, std::string_view text, bool at_start, PieceSink sink) {
  for (Scanner scanner(text); !scanner.done();) {
    const std::string_view piece =
        pattern == WordPattern::kGpt2
            ? scanner.next_of_gpt2()
            : scanner.next_of_tiktoken(pattern == WordPattern::kQwen2 ? 1 : 3);
    sink(piece, at_start && piece.data() == text.data());
  }
}

}  // namespace eida::text

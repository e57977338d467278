/// The pre-tokenizer of GPT-2 and RoBERTa.
#include <array>

#include "pre_tokenizer.h"
#include "unicode.h"

namespace eida::text {
namespace {

enum Class : uint8_t { kOther, kLetters, kNumbers, kSpaces };

Class class_of(uint16_t properties) {
  if ((properties & kLetter) != 0) return kLetters;
  if ((properties & kNumber) != 0) return kNumbers;
  return (properties & kSpace) != 0 ? kSpaces : kOther;
}

/// Cuts text as this expression does, without a regular-expression engine:
///   's|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+
class Scanner {
 public:
  explicit Scanner(std::string_view text) : p_(text.data()), end_(p_ + text.size()) {
    static const std::array<Class, 128> ascii = [] {
      std::array<Class, 128> table{};
      for (char32_t c = 0; c < 128; ++c) table[c] = class_of(property_table()[c]);
      return table;
    }();
    ascii_ = ascii.data();
  }

  bool done() const { return p_ == end_; }

  std::string_view next() {
    const char* begin = p_;
    if (*p_ == '\'' && take_contraction()) return {begin, static_cast<size_t>(p_ - begin)};
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
    return {begin, static_cast<size_t>(p_ - begin)};
  }

 private:
  Class peek(const char*& after) const {
    const auto byte = static_cast<unsigned char>(*after);
    if (byte < 128) return ++after, ascii_[byte];
    return class_of(property_table()[next_code_point(after)]);
  }
  Class take() { return peek(p_); }

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

  bool take_contraction() {
    const std::string_view rest(p_ + 1, static_cast<size_t>(end_ - p_ - 1));
    for (const std::string_view ending : {"s", "t", "re", "ve", "m", "ll", "d"}) {
      if (!rest.starts_with(ending)) continue;
      p_ += 1 + ending.size();
      return true;
    }
    return false;
  }

  const char *p_, *end_;
  const Class* ascii_;
};

class ByteLevel : public PreTokenizer {
 public:
  explicit ByteLevel(const Component& component)
      : prefix_(component.flag("add_prefix_space", true)),
        cut_(component.flag("use_regex", true)) {}

  void split(std::string_view text, bool at_start, PieceSink sink) const override {
    std::string prefixed;
    if (prefix_ && text[0] != ' ') {
      prefixed.reserve(text.size() + 1);
      prefixed.append(1, ' ').append(text);
      text = prefixed;
    }
    if (!cut_) return sink(text, at_start);
    for (Scanner scanner(text); !scanner.done();) {
      const std::string_view piece = scanner.next();
      sink(piece, at_start && piece.data() == text.data());
    }
  }

 private:
  bool prefix_, cut_;
};

}  // namespace

std::unique_ptr<const PreTokenizer> make_byte_level(const Component& component) {
  return std::make_unique<ByteLevel>(component);
}

}  // namespace eida::text

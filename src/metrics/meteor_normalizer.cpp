#include <algorithm>

#include "meteor_matcher.h"
#include "unicode.h"

namespace eida::meteor {

using namespace metrics;  // code points

namespace {

/// Letters of METEOR's normalizer: ASCII, Latin-1, Latin Extended-A, phonetic, Cyrillic.
bool is_alpha(char32_t c) {
  if (c < 0x80) return is_ascii_letter(c);
  return (c >= 0xC0 && c <= 0x17E && c != 0xD7 && c != 0xF7) || (c >= 0x250 && c <= 0x2AF) ||
         (c >= 0x400 && c <= 0x52F) || c == 0x160 || c == 0x178;
}
bool is_alnum(char32_t c) { return is_alpha(c) || is_ascii_digit(c); }
/// Characters that rule 2 leaves where they are.
bool is_kept(char32_t c) {
  return is_alnum(c) || is_space(c) || c == U'.' || c == U'\'' || c == U'`' || c == U',' ||
         c == U'-' || c == 0x2018 || c == 0x2019;
}

/// The passes over one line. Each reads `from_` and writes `to_`.
class Normalizer {
 public:
  std::string run(std::string_view text) {
    decode_text(text, from_);
    from_.insert(from_.begin(), U' ');
    from_.push_back(U' ');
    pass([&](size_t i) { put(from_[i], !is_kept(from_[i])); });
    if (has(U'.')) pass([&](size_t i) { multiple_dots(i); });
    if (has(U',')) pass([&](size_t i) { commas(i); });
    pass([&](size_t i) { same_quotes(i); });
    if (has(U'\'') || has(U'-')) pass([&](size_t i) { doubled(i); });
    if (has(U'-')) triples(U'-', hyphen_left, is_alnum, U" ");
    if (has(U'\'')) apostrophes();
    return words();
  }

 private:
  template <typename Step>
  void pass(Step step) {
    to_.clear();
    skip_ = 0;
    for (size_t i = 0; i < from_.size(); ++i) {
      if (i >= skip_) step(i);
    }
    from_.swap(to_);
  }
  bool has(char32_t c) const { return from_.find(c) != std::u32string::npos; }
  char32_t next(size_t i) const { return i + 1 < from_.size() ? from_[i + 1] : U'\0'; }

  void put(char32_t c, bool apart) {
    if (apart) to_.push_back(U' ');
    to_.push_back(c);
    if (apart) to_.push_back(U' ');
  }
  void multiple_dots(size_t i) {
    const bool first = from_[i] == U'.' && next(i) == U'.' && (i == 0 || from_[i - 1] != U'.');
    if (first) to_.push_back(U' ');
    to_.push_back(from_[i]);
  }
  void commas(size_t i) {
    const bool in_number = i > 0 && is_ascii_digit(from_[i - 1]) && is_ascii_digit(next(i));
    put(from_[i], from_[i] == U',' && !in_number);
  }
  void same_quotes(size_t i) {
    const char32_t c = from_[i];
    const bool quote = c == U'`' || c == 0x2018 || c == 0x2019;
    if (c == 0x201C || c == 0x201D) return put(U'"', true);
    to_.push_back(quote ? U'\'' : c == 0x2013 ? U'-' : c);
  }
  void doubled(size_t i) {
    const char32_t c = from_[i];
    const bool twice = next(i) == c && (c == U'\'' || c == U'-');
    if (twice) skip_ = i + 2;
    if (twice && c == U'\'') return put(U'"', true);
    to_.push_back(c);
  }

  static bool hyphen_left(char32_t c) { return is_alnum(c) || c == U'.'; }
  static bool not_alpha(char32_t c) { return !is_alpha(c); }
  static bool not_alnum(char32_t c) { return !is_alnum(c); }
  static bool is_s(char32_t c) { return c == U's'; }

  /// Replaces `middle` by `text` where its neighbours fit; both neighbours are used up by a match.
  void triples(char32_t middle, bool (*left)(char32_t), bool (*right)(char32_t),
               std::u32string_view text) {
    pass([&](size_t i) {
      to_.push_back(from_[i]);
      if (next(i) != middle || i + 2 >= from_.size()) return;
      if (!left(from_[i]) || !right(from_[i + 2])) return;
      to_ += text;
      to_.push_back(from_[i + 2]);
      skip_ = i + 3;
    });
  }
  void apostrophes() {
    triples(U'\'', not_alpha, not_alpha, U" ' ");
    triples(U'\'', not_alnum, is_alpha, U" ' ");
    triples(U'\'', is_alpha, not_alpha, U" ' ");
    triples(U'\'', is_alpha, is_alpha, U" '");
    triples(U'\'', is_ascii_digit, is_s, U" '");
  }

  /// Splits on white space, decides on the dot at the end of each word, lower-cases.
  std::string words() {
    std::string text, line;
    for (const char32_t c : from_) append_utf8(line, c);
    const auto pieces = split_space(line);
    for (size_t i = 0; i < pieces.size(); ++i) {
      if (!text.empty()) text.push_back(' ');
      const std::string_view following = i + 1 < pieces.size() ? pieces[i + 1] : "";
      text += final_dot(pieces[i], following);
    }
    return to_lower(text);
  }

  static std::string final_dot(std::string_view word, std::string_view following) {
    const bool dot = word.size() > 1 && word.back() == '.' && word[word.size() - 2] != '.';
    if (!dot) return std::string(word);
    const std::string_view before = word.substr(0, word.size() - 1);
    std::u32string codes;
    decode_text(before, codes);
    const bool letter = std::any_of(codes.begin(), codes.end(), is_alpha);
    if (letter && before.find('.') != std::string_view::npos) {
      std::string plain(word);
      std::erase(plain, '.');
      return plain;
    }
    const bool prefix =
        before == "v" || before == "vs" || before == "i.e" || before == "rev" || before == "e.g";
    const bool goes_on = !following.empty() && following[0] >= 'a' && following[0] <= 'z';
    return prefix || goes_on ? std::string(word) : std::string(before) + " .";
  }

  std::u32string from_, to_;
  size_t skip_ = 0;
};

}  // namespace

std::string normalize(std::string_view text) {
  static thread_local Normalizer normalizer;
  return normalizer.run(text);
}

}  // namespace eida::meteor

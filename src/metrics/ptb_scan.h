/// Rules of the PTB tokenizer: each offers what it matches at a position, the longest reach wins.
#pragma once

#include <cstddef>
#include <limits>
#include <string>
#include <string_view>

#include "unicode.h"

namespace eida::ptb {

using namespace metrics;  // code points

inline bool is_one_of(char32_t c, std::u32string_view set) {
  return set.find(c) != std::u32string_view::npos;
}

/// What becomes of the matched text.
enum class Form {
  kVerbatim,       ///< without soft hyphens; "-" where it has nothing else
  kStraightQuote,  ///< curly apostrophes become '
  kHardSpace,      ///< spaces inside become U+00A0, soft hyphens stay
  kQuotes,         ///< each quotation mark as ` ' `` or '', where there is such
  kBrackets,       ///< ( and ) become -lrb- and -rrb-, spaces inside U+00A0
  kAmpersand,      ///< &amp; becomes &
  kReplaced,       ///< `replacement` stands for it
};

struct Match {
  size_t reach = 0;    ///< characters matched, look-ahead included
  size_t length = 0;   ///< characters of the token's text
  size_t advance = 0;  ///< characters used up; less than `length` where a dot is read again
  Form form = Form::kVerbatim;
  const char* replacement = nullptr;
};

/// A line as code points with one line end behind it, a position, and the best match there.
class Scan {
 public:
  /// \param line must outlive this and end in U+000A.
  explicit Scan(const std::u32string& line) : line_(line) {}

  bool at_end() const { return position_ >= line_.size(); }
  size_t position() const { return position_; }
  void move(size_t characters) {
    position_ += characters;
    best_ = Match();
  }

  /// Character at an offset from the position; 0 behind the end.
  char32_t at(size_t offset) const {
    return position_ + offset < line_.size() ? line_[position_ + offset] : U'\0';
  }
  /// Whether the ASCII letters of `lower` stand at the offset, in either case.
  bool has(size_t offset, std::string_view lower) const;

  /// Earlier offers win ties, so rules are tried in their order.
  void offer(const Match& match) {
    if (match.reach > best_.reach) best_ = match;
  }
  void token(size_t length, Form form = Form::kVerbatim) { offer({length, length, length, form}); }
  void token_before(size_t length, size_t look_ahead, Form form = Form::kVerbatim) {
    offer({length + look_ahead, length, length, form});
  }
  void replace(size_t length, const char* text, size_t look_ahead = 0) {
    offer({length + look_ahead, length, length, Form::kReplaced, text});
  }
  const Match& best() const { return best_; }

  /// Length of the run of such characters from an offset.
  size_t run(size_t offset, bool (*of)(char32_t)) const {
    size_t end = offset;
    while (of(at(end))) ++end;
    return end - offset;
  }
  /// End of what goes on at an offset with one of the joiners and a run, again and again.
  size_t joined(size_t end, std::u32string_view joiners, bool (*of)(char32_t),
                int most = std::numeric_limits<int>::max()) const {
    for (; most > 0 && is_one_of(at(end), joiners) && of(at(end + 1)); --most)
      end += 1 + run(end + 1, of);
    return end;
  }

 private:
  const std::u32string& line_;
  size_t position_ = 0;
  Match best_;
};

/// Entities that stand for one character in the rules, beyond Unicode: &nbsp;, &apos;, then
/// &aacute; to &uuml;.
constexpr char32_t kSpaceEntity = 0x110000, kApostropheEntity = 0x110001,
                   kFirstLetterEntity = 0x110002;
inline bool is_ptb_space(char32_t c) {
  return c == U' ' || (c >= 9 && c <= 13) || c == 0x85 || c == 0xA0 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x3000 ||
         c == kSpaceEntity;
}
inline bool is_apostrophe(char32_t c) {
  return c == U'\'' || c == 0x2019 || c == 0x92 || c == kApostropheEntity;
}
inline bool is_any_apostrophe(char32_t c) {
  return is_apostrophe(c) || c == U'`' || c == 0x2018 || c == 0x201B || c == 0x91;
}
constexpr char32_t kSoftHyphen = 0xAD;
// What lies beyond U+FFFF was no letter and no digit to CoreNLP, which read it as two halves.
inline bool is_letter(char32_t c) { return c < 0x10000 && metrics::is_letter(c); }
inline bool is_digit(char32_t c) { return c < 0x10000 && metrics::is_digit(c); }
inline bool is_begin_of_word(char32_t c) {
  return is_letter(c) || c == kSoftHyphen || c >= kFirstLetterEntity;
}
inline bool is_word_character(char32_t c) { return is_letter(c) || is_digit(c); }

/// Puts its one character in the place of each such entity.
void fold_entities(std::u32string& line);
/// What stands for a quotation mark or another character; null where it stays.
const char* replacement_of(char32_t c);
bool is_curly_quote(char32_t c);  ///< `, or one that is not ASCII
/// Characters of the markup that begins here; 0 where none does.
size_t tag_length(const Scan& scan);
/// How an entity that was folded is written.
std::string entity_text(char32_t c);

/// Words, whole numbers and compounds of so many characters keep the dot behind them before a
/// comma, semicolon or colon.
void dot_before_mark(Scan& scan, size_t length, Form form = Form::kVerbatim);

// Groups of rules; the numbers are those of the comments in the .cpp files.
void contraction_rules(Scan& scan);   // 1
void word_rules(Scan& scan);          // 3-5
void apostrophe_rules(Scan& scan);    // 6, 7
void number_rules(Scan& scan);        // 8-10
void literal_rules(Scan& scan);       // 11, 12
void currency_rules(Scan& scan);      // 13
void abbreviation_rules(Scan& scan);  // 14
void file_rules(Scan& scan);          // 22, in part
void phone_rules(Scan& scan);         // 15
void symbol_rules(Scan& scan);        // 2, 16-18, 21
void hyphen_rules(Scan& scan);        // 19
void quote_rules(Scan& scan);         // 20
void address_rules(Scan& scan);       // 22, in part

}  // namespace eida::ptb

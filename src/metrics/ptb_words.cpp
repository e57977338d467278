#include <array>

#include "ptb_scan.h"

namespace eida::ptb {
namespace {

bool is_vowel_or_y(char32_t c) {
  const char32_t lower = to_lower(c);
  return std::u32string_view(U"aeiouy").find(lower) != std::u32string_view::npos;
}
bool is_vowel(char32_t c) {
  return std::u32string_view(U"aeiou").find(c) != std::u32string_view::npos;
}

bool is_in_word(char32_t c) { return is_begin_of_word(c) || is_digit(c); }

/// Letter, then letters and digits; then pieces that a mark `. ! ?` joins without a space.
size_t word_length(const Scan& scan) {
  if (!is_begin_of_word(scan.at(0))) return 0;
  size_t end = scan.run(0, is_in_word);
  while ((scan.at(end) == U'.' || scan.at(end) == U'!' || scan.at(end) == U'?') &&
         is_begin_of_word(scan.at(end + 1))) {
    end += 1 + scan.run(end + 1, is_in_word);
  }
  return end;
}

/// A pattern of lower-case letters in which ' stands for an apostrophe.
size_t pattern_length(const Scan& scan, std::string_view pattern) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char32_t c = scan.at(i);
    if (pattern[i] == '\'') {
      if (!is_apostrophe(c)) return 0;
    } else if (c >= 0x80 || to_lower(c) != static_cast<char32_t>(pattern[i])) {
      return 0;
    }
  }
  return pattern.size();
}

/// Words ending in a vowel or y, an apostrophe, a vowel or an ASCII capital, letters: "Qur'an".
size_t vowel_apostrophe_length(const Scan& scan) {
  const size_t letters = scan.run(0, is_letter);
  if (letters < 2 || !is_vowel_or_y(scan.at(letters - 1))) return 0;
  if (!is_any_apostrophe(scan.at(letters))) return 0;
  const char32_t next = scan.at(letters + 1);
  if (!is_vowel(next) && !is_ascii_upper(next)) return 0;
  return letters + 1 + scan.run(letters + 1, is_letter);
}

/// One letter (a capital but I and X, or n), an apostrophe, two letters or more: "O'Neil".
size_t name_length(const Scan& scan) {
  const char32_t first = scan.at(0);
  const bool fits = (is_ascii_upper(first) && first != U'I' && first != U'Y') || first == U'n';
  if (!fits || !is_any_apostrophe(scan.at(1))) return 0;
  const size_t letters = scan.run(2, is_letter);
  return letters >= 2 ? 2 + letters : 0;
}

}  // namespace

size_t clitic_length(const Scan& scan, size_t offset) {
  if (!is_apostrophe(scan.at(offset))) return 0;
  for (const std::string_view two : {"re", "ve", "ll"}) {
    if (scan.has(offset + 1, two)) return 3;
  }
  const char32_t c = scan.at(offset + 1);
  const bool one =
      c < 0x80 && std::string_view("smdSMD").find(static_cast<char>(c)) != std::string_view::npos &&
      c != 0;
  return one ? 2 : 0;
}

size_t negation_length(const Scan& scan, size_t offset) {
  const bool match =
      scan.has(offset, "n") && is_any_apostrophe(scan.at(offset + 1)) && scan.has(offset + 2, "t");
  return match ? 3 : 0;
}

// 1: the token ends inside the word; its rest is read as the next token.
void contraction_rules(Scan& scan) {
  struct Contraction {
    std::string_view word;
    size_t rest;
  };
  constexpr std::array<Contraction, 8> kContractions{{{"cannot", 3},
                                                      {"gonna", 2},
                                                      {"gotta", 2},
                                                      {"wanna", 2},
                                                      {"lemme", 2},
                                                      {"gimme", 2},
                                                      {"'twas", 3},
                                                      {"'tis", 2}}};
  if (is_any_apostrophe(scan.at(0)) && scan.at(0) != U'\'') return;
  for (const Contraction& entry : kContractions) {
    if (const size_t length = pattern_length(scan, entry.word); length > 0) {
      scan.token_before(length - entry.rest, entry.rest, Form::kStraightQuote);
    }
  }
}

// 3: word before a clitic, 4: before n't, 5: word.
void word_rules(Scan& scan) {
  const size_t word = word_length(scan);
  if (word == 0) return;
  const size_t clitic = clitic_length(scan, word);
  if (clitic > 0) scan.token_before(word, clitic);
  const size_t letters = scan.run(0, is_ascii_letter);
  if (letters >= 2) {
    const size_t stem = letters - 1;  // the n belongs to n't
    const char32_t last = scan.at(stem - 1);
    if (negation_length(scan, stem) > 0 && last != U'n' && last != U'N') scan.token_before(stem, 3);
  }
  scan.token(word);
  dot_before_mark(scan, word);
}

// 14, last part.
void dot_before_mark(Scan& scan, size_t length) {
  const char32_t mark = scan.at(length + 1);
  if (scan.at(length) == U'.' && (mark == U',' || mark == U';' || mark == U':')) {
    scan.token_before(length + 1, 1);
  }
}

// 6: words with an apostrophe that stay whole, 7: clitics as tokens.
void apostrophe_rules(Scan& scan) {
  constexpr std::array<std::string_view, 22> kWhole{
      "'n",     "'n'",    "l'",         "d'",    "j'",      "'em",      "'til",  "'till",
      "'cause", "cont'd", "cont'd.",    "c'mon", "e'er",    "s'mores",  "ev'ry", "li'l",
      "nat'l",  "o'o",    "nor'easter", "ol'",   "dunkin'", "somethin'"};
  for (const std::string_view pattern : kWhole) scan.token(pattern_length(scan, pattern));
  if (is_apostrophe(scan.at(0)) && scan.at(1) >= U'2' && scan.at(1) <= U'9' && scan.at(2) == U'0' &&
      scan.has(3, "s")) {
    scan.token(4);
  }
  scan.token(name_length(scan));
  scan.token(vowel_apostrophe_length(scan));
  if (scan.has(0, "y") && is_apostrophe(scan.at(1)) && is_letter(scan.at(2))) {
    scan.token_before(2, 1);
  }
  for (const size_t length : {clitic_length(scan, 0), negation_length(scan, 0)}) {
    if (length > 0 && !is_ascii_letter(scan.at(length))) {
      scan.token_before(length, 1, Form::kStraightQuote);
    }
  }
}

// 20: an opening single quote, any other apostrophe.
void quote_rules(Scan& scan) {
  const char32_t c = scan.at(0);
  if (c == U'\'' && is_ascii_letter(scan.at(1)) && !is_ptb_space(scan.at(2))) {
    scan.replace(1, "`", 2);
  }
  if (c == U'\'' && scan.at(1) == U'\'') scan.token(2);
  if (c == U'`' && scan.at(1) == U'`') scan.token(2);
  scan.token(clitic_length(scan, 0), Form::kStraightQuote);  // before letters too: ’s|tar
  if (is_apostrophe(c)) scan.replace(1, "'");
  if (c == 0x2018 || c == 0x201B || c == 0x91 || c == U'`') scan.replace(1, "`");
}

}  // namespace eida::ptb

#include <algorithm>
#include <array>

#include "ptb_scan.h"

namespace eida::ptb {
namespace {

bool is_in_word(char32_t c) { return is_begin_of_word(c) || is_digit(c); }
bool is_ascii_letter_or_soft(char32_t c) { return is_ascii_letter(c) || c == kSoftHyphen; }
bool is_in_compound(char32_t c) { return is_ascii_alnum(c) || c == kSoftHyphen; }

/// Letter, then letters and digits; then pieces that a mark `. ! ?` joins without a space.
size_t word_length(const Scan& scan) {
  if (!is_begin_of_word(scan.at(0))) return 0;
  size_t end = scan.run(0, is_in_word);
  while (is_one_of(scan.at(end), U".!?") && is_begin_of_word(scan.at(end + 1)))
    end += 1 + scan.run(end + 1, is_in_word);
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
  if (letters < 2 || !is_one_of(to_lower(scan.at(letters - 1)), U"aeiouy")) return 0;
  if (!is_any_apostrophe(scan.at(letters))) return 0;
  const char32_t next = scan.at(letters + 1);
  if (!is_one_of(next, U"aeiou") && !is_ascii_upper(next)) return 0;
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

/// Characters of apostrophe + s, m, d, re, ve or ll at the offset; 0 without one.
size_t clitic_length(const Scan& scan, size_t offset) {
  if (!is_apostrophe(scan.at(offset))) return 0;
  for (const std::string_view two : {"re", "ve", "ll"}) {
    if (scan.has(offset + 1, two)) return 3;
  }
  return is_one_of(scan.at(offset + 1), U"smdSMD") ? 2 : 0;
}

/// Characters of n + apostrophe + t at the offset; 0 without one.
size_t negation_length(const Scan& scan, size_t offset) {
  const bool match =
      scan.has(offset, "n") && is_any_apostrophe(scan.at(offset + 1)) && scan.has(offset + 2, "t");
  return match ? 3 : 0;
}

bool is_dash_or_slash(char32_t c) { return c == U'-' || c == U'/'; }
bool is_phone_gap(char32_t c) { return c == U' ' || c == 0xA0 || c == U'-'; }

size_t digits(const Scan& scan, size_t offset) { return scan.run(offset, is_digit); }

/// D{1,2} mark D{1,2} mark D{2,4}; a longer run of digits is cut.
void date_rule(Scan& scan) {
  const size_t day = digits(scan, 0);
  if (day < 1 || day > 2 || !is_dash_or_slash(scan.at(day))) return;
  const size_t month = digits(scan, day + 1), year_at = day + month + 2;
  if (month < 1 || month > 2 || !is_dash_or_slash(scan.at(year_at - 1))) return;
  const size_t year = std::min<size_t>(digits(scan, year_at), 4);
  if (year >= 2) scan.token(year_at + year);
}

void plain_number_rule(Scan& scan) {
  size_t end = scan.at(0) == U'+' || scan.at(0) == U'-' ? 1 : 0;
  const size_t sign = end;
  end = scan.joined(end + digits(scan, end), U".:,\u00AD\u066B\u066C", is_digit);
  if (end > sign) scan.token(end);
}

/// Length of D{1,4}/D{1,4} at the offset; 0 without one.
size_t fraction_length(const Scan& scan, size_t offset) {
  const size_t above = digits(scan, offset);
  if (above < 1 || above > 4) return 0;
  const char32_t slash = scan.at(offset + above);
  if (slash != U'/' && slash != 0x2044) return 0;
  const size_t below = std::min<size_t>(digits(scan, offset + above + 1), 4);
  return below == 0 ? 0 : above + 1 + below;
}

void fraction_rule(Scan& scan) {
  scan.token(fraction_length(scan, 0), Form::kHardSpace);
  const size_t whole = digits(scan, 0);
  if (whole < 1 || whole > 4 || !is_phone_gap(scan.at(whole))) return;
  const size_t fraction = fraction_length(scan, whole + 1);
  if (fraction > 0) scan.token(whole + 1 + fraction, Form::kHardSpace);
}

/// The last two groups of a telephone number: three or four digits, perhaps a gap, three to five.
void phone_end(Scan& scan, size_t begin) {
  for (size_t taken = std::min<size_t>(digits(scan, begin), 4); taken >= 3; --taken) {
    size_t last = begin + taken;
    if (is_phone_gap(scan.at(last))) ++last;
    const size_t length = std::min<size_t>(digits(scan, last), 5);
    if (length >= 3)
      scan.token(last + length, scan.at(0) == U'(' ? Form::kBrackets : Form::kHardSpace);
  }
}

/// End of letters and digits at the offset, perhaps with d', o' or l' before them.
size_t thing_end(const Scan& scan, size_t offset) {
  const bool prefix =
      is_one_of(scan.at(offset), U"dolDOL") && is_any_apostrophe(scan.at(offset + 1)) &&
      is_word_character(scan.at(offset + 2)) && is_word_character(scan.at(offset + 3));
  const size_t begin = prefix ? offset + 2 : offset;
  return begin + scan.run(begin, is_word_character);
}

/// Two letters or more with a dot behind each, as in "non-U.S."; 0 without them.
size_t dotted_length(const Scan& scan, size_t offset) {
  size_t end = offset;
  while (is_ascii_letter(scan.at(end)) && scan.at(end + 1) == U'.') end += 2;
  return end > offset + 2 ? end - offset : 0;
}

/// Letters and digits, then up to two hyphens with letters.
size_t slash_part(const Scan& scan, size_t offset) {
  const size_t end = offset + scan.run(offset, is_ascii_alnum);
  return end == offset ? 0 : scan.joined(end, U"-", is_ascii_letter, 2) - offset;
}

}  // namespace

// 14, last part.
void dot_before_mark(Scan& scan, size_t length, Form form) {
  if (scan.at(length) == U'.' && is_one_of(scan.at(length + 1), U",;:\u3001"))
    scan.token_before(length + 1, 1, form);
}

// 1: the token ends inside the word; its rest is read as the next token.
void contraction_rules(Scan& scan) {
  constexpr std::array<std::pair<std::string_view, size_t>, 8> kContractions{{{"cannot", 3},
                                                                              {"gonna", 2},
                                                                              {"gotta", 2},
                                                                              {"wanna", 2},
                                                                              {"lemme", 2},
                                                                              {"gimme", 2},
                                                                              {"'twas", 3},
                                                                              {"'tis", 2}}};
  if (is_any_apostrophe(scan.at(0)) && scan.at(0) != U'\'') return;
  for (const auto& [word, rest] : kContractions) {  // how much of it is the rest
    if (const size_t length = pattern_length(scan, word); length > 0)
      scan.token_before(length - rest, rest, Form::kStraightQuote);
  }
}

// 3: word before a clitic, 4: before n't, 5: word.
void word_rules(Scan& scan) {
  const size_t word = word_length(scan);
  if (word == 0) return;
  const size_t clitic = clitic_length(scan, word);
  if (clitic > 0) scan.token_before(word, clitic);
  const size_t letters = scan.run(0, is_ascii_letter_or_soft);
  if (letters >= 2) {
    const size_t stem = letters - 1;  // the n belongs to n't
    const char32_t last = scan.at(stem - 1);
    if (negation_length(scan, stem) > 0 && last != U'n' && last != U'N') scan.token_before(stem, 3);
  }
  scan.token(word);
  dot_before_mark(scan, word);
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
  scan.token(clitic_length(scan, 0), Form::kStraightQuote);  // before letters too: ’s|tar
  if (is_curly_quote(c)) scan.token(is_curly_quote(scan.at(1)) ? 2 : 1, Form::kQuotes);
  if (is_apostrophe(c)) scan.replace(1, "'");
}

// 8: date, 9: number, 10: fraction.
void number_rules(Scan& scan) {
  date_rule(scan);
  plain_number_rule(scan);
  fraction_rule(scan);
}

// 11: prefixes with their hyphen and escaped brackets, 12: slash compounds.
void literal_rules(Scan& scan) {
  for (const std::string_view literal :
       {"pro-", "anti-", "-lrb-", "-rrb-", "-lcb-", "-rcb-", "-lsb-", "-rsb-"}) {
    if (scan.has(0, literal)) scan.token(literal.size());
  }
  size_t end = slash_part(scan, 0);
  if (end == 0) return;
  for (int part = 0; part < 2 && scan.at(end) == U'/'; ++part) {
    const size_t next = slash_part(scan, end + 1);
    if (next == 0) break;
    end += 1 + next;
    scan.token(end);
  }
}

// 22, in part: letters and digits between dots, behind the last a file's ending, then white space
// or a mark. Source: CoreNLP's output for every ending of up to four letters.
void file_rules(Scan& scan) {
  static const auto kEndings = split_space(
      "bat bmp c cgi class cpp dll doc docx exe gif gz h htm html jar java jpeg jpg mov mp3 pdf "
      "php "
      "pl png ppt ps py sql tar txt wav x xml zip");
  size_t end = scan.run(0, is_in_word);
  for (size_t part = end; part > 0 && scan.at(end) == U'.';) {
    const size_t begin = end + 1;
    part = scan.run(begin, is_in_word);
    end = begin + part;
    if (!is_ptb_space(scan.at(end)) && !is_one_of(scan.at(end), U".?!,")) continue;
    for (const std::string_view ending : kEndings) {
      if (ending.size() == part && scan.has(begin, ending))
        scan.token_before(end, 1, Form::kHardSpace);
    }
  }
}

// 15: groups of digits as telephone numbers have them: "(212) 555-1234", "+44 20 7946 0958".
void phone_rules(Scan& scan) {
  const size_t area = scan.at(0) == U'(' ? digits(scan, 1) : 0;
  if (area == 2 || area == 3) {
    const size_t end = area + 2;
    if (scan.at(end - 1) == U')')
      phone_end(scan, end + (is_phone_gap(scan.at(end)) && scan.at(end) != U'-' ? 1 : 0));
  }
  size_t end = scan.at(0) != U'+' ? 0 : scan.at(1) != U'+' ? 1 : 2;
  for (int group = 0; group < 2; ++group) {
    const size_t length = digits(scan, end);
    if (length < 2 || length > 4 || !is_phone_gap(scan.at(end + length))) return;
    end += length + 1;
    phone_end(scan, end);
  }
}

// 19: hyphenated words.
void hyphen_rules(Scan& scan) {
  if (is_ascii_alnum(scan.at(0))) {
    size_t end = 1;
    while (is_in_compound(scan.at(end)) || scan.at(end) == U'.' || scan.at(end) == U',') ++end;
    while (scan.at(end) == U'-' && is_in_compound(scan.at(end + 1))) {
      const size_t acronym = dotted_length(scan, end + 1);
      end += 1 + (acronym > 0 ? acronym : scan.run(end + 1, is_in_compound));
      scan.token(end);
      dot_before_mark(scan, end);
    }
  }
  size_t end = thing_end(scan, 0);
  for (size_t next = end; next > 0 && is_one_of(scan.at(end), U"-_"); end = next) {
    next = thing_end(scan, end + 1);
    if (next == end + 1) break;
  }
  scan.token(end);
  if (end > 0) dot_before_mark(scan, end);
}

}  // namespace eida::ptb

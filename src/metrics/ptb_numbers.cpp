#include <algorithm>

#include "ptb_scan.h"

namespace eida::ptb {
namespace {

bool is_group_mark(char32_t c) { return c == U'.' || c == U':' || c == U','; }
bool is_dash_or_slash(char32_t c) { return c == U'-' || c == U'/'; }
bool is_number_space(char32_t c) { return c == U' ' || c == 0xA0; }
bool is_phone_gap(char32_t c) { return is_number_space(c) || c == U'-'; }
bool is_joiner(char32_t c) { return c == U'-' || c == U'_'; }

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
  end += digits(scan, end);
  while (is_group_mark(scan.at(end)) && is_digit(scan.at(end + 1)))
    end += 1 + digits(scan, end + 1);
  if (end == sign) return;
  scan.token(end);
  dot_before_mark(scan, end);
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

/// Letters and digits, then up to two hyphens with letters.
size_t slash_part(const Scan& scan, size_t offset) {
  size_t end = offset + scan.run(offset, is_ascii_alnum);
  if (end == offset) return 0;
  for (int part = 0; part < 2 && scan.at(end) == U'-' && is_ascii_letter(scan.at(end + 1));
       ++part) {
    end += 1 + scan.run(end + 1, is_ascii_letter);
  }
  return end - offset;
}

}  // namespace

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

// 15: groups of digits as telephone numbers have them.
void phone_rules(Scan& scan) {
  const size_t first = digits(scan, 0);
  if (first < 2 || first > 4 || !is_phone_gap(scan.at(first))) return;
  const size_t second_at = first + 1, second = digits(scan, second_at);
  for (size_t taken = std::min<size_t>(second, 4); taken >= 3; --taken) {
    size_t third_at = second_at + taken;
    if (is_phone_gap(scan.at(third_at))) ++third_at;
    const size_t third = std::min<size_t>(digits(scan, third_at), 5);
    if (third >= 3) scan.token(third_at + third, Form::kHardSpace);
  }
}

// 19: hyphenated words.
void hyphen_rules(Scan& scan) {
  if (is_ascii_alnum(scan.at(0))) {
    size_t end = 1;
    while (is_ascii_alnum(scan.at(end)) || scan.at(end) == U'.' || scan.at(end) == U',') ++end;
    bool hyphen = false;
    while (scan.at(end) == U'-' && is_ascii_alnum(scan.at(end + 1))) {
      end += 1 + scan.run(end + 1, is_ascii_alnum);
      hyphen = true;
    }
    if (hyphen) scan.token(end);
    if (hyphen) dot_before_mark(scan, end);
  }
  const bool prefix = (scan.has(0, "d") || scan.has(0, "o") || scan.has(0, "l")) &&
                      is_any_apostrophe(scan.at(1)) && is_word_character(scan.at(2)) &&
                      is_word_character(scan.at(3));
  for (const size_t begin : {prefix ? size_t{2} : size_t{0}, size_t{0}}) {
    size_t end = begin + scan.run(begin, is_word_character);
    if (end == begin) continue;
    while (is_joiner(scan.at(end)) && is_word_character(scan.at(end + 1))) {
      end += 1 + scan.run(end + 1, is_word_character);
    }
    scan.token(end);
    dot_before_mark(scan, end);
  }
}

}  // namespace eida::ptb

#include <array>
#include <iterator>

#include "ptb_scan.h"

namespace eida::ptb {
namespace {

struct Replacement {
  char32_t code;
  const char* text;
};

/// Characters that are a token on their own under another name.
constexpr std::array<Replacement, 26> kReplaced{{
    {0x2013, "--"},  {0x2014, "--"},  {0x2015, "--"},  {0xA3, "#"},     {0x20AC, "$"},
    {0xA4, "$"},     {0xA2, "cents"}, {U'(', "-LRB-"}, {U')', "-RRB-"}, {U'[', "-LSB-"},
    {U']', "-RSB-"}, {U'{', "-LCB-"}, {U'}', "-RCB-"}, {0x201C, "``"},  {0x201D, "''"},
    {0x93, "``"},    {0x94, "''"},    {0x201F, "``"},  {0x2026, "..."}, {0x85, "..."},
    {0xBC, "1/4"},   {0xBD, "1/2"},   {0xBE, "3/4"},   {0x2153, "1/3"}, {0x2154, "2/3"},
    {0xAD, "-"},
}};
constexpr std::u32string_view kAlone = U"+%&~^|\\°²³¹$#,;:.=/<>¥§®™©×÷−•·…†‡";

bool is_question_or_bang(char32_t c) { return c == U'?' || c == U'!'; }
bool is_name_character(char32_t c) { return is_ascii_alnum(c) || c == U'_'; }
bool is_hyphen(char32_t c) { return c == U'-'; }

size_t same_run(const Scan& scan) {
  size_t end = 1;
  while (scan.at(end) == scan.at(0)) ++end;
  return end;
}

void double_quote(Scan& scan, size_t length) {
  const char32_t next = scan.at(length);
  if (is_ascii_alnum(next) || next == U'$') scan.replace(length, "``", 1);
  scan.replace(length, "''");
}

/// Three to five dots, or two to four "dot space" and a dot.
void ellipsis(Scan& scan) {
  const size_t dots = same_run(scan);
  if (dots >= 3) scan.replace(dots > 5 ? 5 : dots, "...");
  size_t pairs = 0;
  while (pairs < 4 && scan.at(2 * pairs) == U'.' && scan.at(2 * pairs + 1) == U' ') ++pairs;
  if (pairs >= 2 && scan.at(2 * pairs) == U'.') {
    scan.replace(2 * pairs + 1, "...");
  } else if (pairs >= 3) {
    scan.replace(2 * pairs - 1, "...");
  }
}

/// Perhaps a brow, eyes, perhaps a nose, a mouth.
void smiley(Scan& scan) {
  const auto is_one_of = [](char32_t c, std::u32string_view set) {
    return set.find(c) != std::u32string_view::npos;
  };
  constexpr std::u32string_view kAsian = U"-^x=~<>'";
  if (is_one_of(scan.at(0), kAsian) && scan.at(1) == U'_' && is_one_of(scan.at(2), kAsian))
    scan.token(3);
  const size_t eyes = is_one_of(scan.at(0), U"<>") ? 1 : 0;
  if (!is_one_of(scan.at(eyes), U":;=")) return;
  const size_t nose = is_one_of(scan.at(eyes + 1), U"-o*'") ? 1 : 0;
  for (const size_t mouth : {eyes + 1 + nose, eyes + 1}) {
    if (is_one_of(scan.at(mouth), U"()DPdpO\\{@|[]") && !is_ascii_alnum(scan.at(mouth + 1))) {
      scan.token_before(mouth + 1, 1, Form::kBrackets);
    }
  }
}

/// Entities of dashes, and those that stay as they are.
void entities(Scan& scan) {
  for (const std::string_view dash : {"&md;", "&mdash;", "&ndash;"}) {
    if (scan.has(0, dash)) scan.replace(dash.size(), "--");
  }
  for (const std::string_view name :
       {"&ht;", "&tl;", "&ur;", "&lr;", "&qc;", "&ql;", "&qr;", "&odq;", "&cdq;"}) {
    if (scan.has(0, name)) scan.token(name.size());
  }
  const size_t digits = scan.has(0, "&#") ? scan.run(2, is_ascii_digit) : 0;
  if (digits > 0 && scan.at(2 + digits) == U';') scan.token(3 + digits);
}

void hyphens(Scan& scan) {
  const size_t length = scan.run(0, is_hyphen);
  if (length == 3 || length == 4) {
    scan.replace(length, "--");
  } else {
    scan.token(length);
  }
}

}  // namespace

// 13: currency signs, with capitals before $; capitals joined by & or +.
void currency_rules(Scan& scan) {
  if (scan.has(0, "c#") || scan.has(0, "f#")) scan.token(2);  // 22, in part
  if (scan.has(0, "c++")) scan.token(3);
  const size_t capitals = scan.run(0, is_ascii_upper);
  if (scan.at(capitals) == U'$') scan.token(capitals + 1);
  for (size_t end = capitals, more = capitals; more > 0; end += more) {
    if (end > capitals) scan.token(end, Form::kAmpersand);
    if (scan.at(end) != U'&' && scan.at(end) != U'+') break;
    end += scan.has(end, "&amp;") ? 5 : 1;
    more = scan.run(end, is_ascii_upper);
  }
}

// 2: dashes, 16: double quotes, 17: brackets, 18: marks and runs, 21: other signs.
void symbol_rules(Scan& scan) {
  const char32_t c = scan.at(0);
  for (const Replacement& entry : kReplaced) {
    if (entry.code == c) scan.replace(1, entry.text);
  }
  if (c == U'"') double_quote(scan, 1);
  if (scan.has(0, "&quot;")) double_quote(scan, 6);
  if (scan.has(0, "&amp;")) scan.replace(5, "&");
  if (scan.has(0, "&lt;")) scan.replace(4, "<");
  if (scan.has(0, "&gt;")) scan.replace(4, ">");
  if (c == U'&') entities(scan);
  if (scan.has(0, "<<") || scan.has(0, ">>")) scan.token(2);
  if (c == U'.') ellipsis(scan);
  if (c == U'-') hyphens(scan);
  if (c == U'@' || c == U'#' || c == U'_' || c == U'*') scan.token(same_run(scan));
  // 22, in part: smileys, hash tags, names.
  smiley(scan);
  if (c == U'#') scan.token(1 + scan.run(1, is_begin_of_word));
  if (c == U'@' && !is_ascii_digit(scan.at(1))) scan.token(1 + scan.run(1, is_name_character));
  if (is_question_or_bang(c)) scan.token(scan.run(0, is_question_or_bang));
  if (kAlone.find(c) != std::u32string_view::npos) scan.token(1);
}

}  // namespace eida::ptb

#include <algorithm>
#include <array>

#include "ptb_scan.h"

namespace eida::ptb {
namespace {

/// Characters that are a token on their own under another name.
constexpr std::array<std::pair<char32_t, const char*>, 36> kReplaced{{
    {0x2013, "--"},  {0x2014, "--"},  {0x2015, "--"},  {0xA3, "#"},     {0x20AC, "$"},
    {0xA4, "$"},     {0x80, "$"},     {0x20A0, "$"},   {0xA2, "cents"}, {U'(', "-LRB-"},
    {U')', "-RRB-"}, {U'[', "-LSB-"}, {U']', "-RSB-"}, {U'{', "-LCB-"}, {U'}', "-RCB-"},
    {0x201C, "``"},  {0x201D, "''"},  {0x93, "``"},    {0x94, "''"},    {0xAB, "``"},
    {0xBB, "''"},    {0x2018, "`"},   {0x2019, "'"},   {0x91, "`"},     {0x92, "'"},
    {0x201B, "`"},   {0x2039, "`"},   {0x203A, "'"},   {U'`', "`"},     {0x2026, "..."},
    {0x85, "..."},   {0xBC, "1/4"},   {0xBD, "1/2"},   {0xBE, "3/4"},   {0x2153, "1/3"},
    {0x2154, "2/3"},
}};
constexpr std::u32string_view kAlone = U"+%&~^|\\$#,;:.=/<>";
/// First and last of the other signs that are tokens; letters among them are words.
constexpr std::array<std::array<char32_t, 2>, 40> kSigns{
    {{0xA1, 0xA9},     {0xAC, 0xAC},     {0xAE, 0xBF},     {0xD7, 0xD7},     {0xF7, 0xF7},
     {0x37E, 0x37E},   {0x387, 0x387},   {0x2016, 0x2017}, {0x2020, 0x2023}, {0x2030, 0x2038},
     {0x203B, 0x203B}, {0x203E, 0x2042}, {0x2044, 0x2044}, {0x2070, 0x2070}, {0x2074, 0x207E},
     {0x2080, 0x208E}, {0x20A4, 0x20A4}, {0x2100, 0x2101}, {0x2103, 0x2106}, {0x2108, 0x2109},
     {0x2114, 0x2114}, {0x2116, 0x2118}, {0x211E, 0x2123}, {0x2125, 0x2129}, {0x212E, 0x212E},
     {0x213A, 0x213B}, {0x2140, 0x2144}, {0x214A, 0x214D}, {0x214F, 0x214F}, {0x2155, 0x215E},
     {0x2190, 0x2BFF}, {0x3001, 0x3002}, {0x3012, 0x3012}, {0x30FB, 0x30FB}, {0xFF01, 0xFF0F},
     {0xFF1A, 0xFF20}, {0xFF3B, 0xFF40}, {0xFF5B, 0xFF65}, {0xFFE0, 0xFFE1}, {0xFFE5, 0xFFE6}}};

bool is_question_or_bang(char32_t c) { return c == U'?' || c == U'!'; }
bool is_name_character(char32_t c) { return is_ascii_alnum(c) || c == U'_'; }

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
  const size_t length = same_run(scan);
  if (length == 3 || length == 4) return scan.replace(length, "--");
  scan.token(length);
}

constexpr std::string_view kVowels = "aeiou";
constexpr std::array<std::string_view, 3> kAccents{"acute;", "grave;", "uml;"};

bool is_none_of(char32_t c, std::u32string_view set) { return c != 0 && !is_one_of(c, set); }
bool is_blank(char32_t c) { return c == U' '; }
bool is_tag_name(char32_t c) {
  return is_ascii_alnum(c) || c == U'_' || c == U':' || c == U'.' || c == U'-';
}
bool is_declaration(char32_t c) { return is_none_of(c, U">\r\n"); }
bool is_mail(char32_t c) { return is_none_of(c, U" \t\n\f\r\"<>|(){}\u00A0"); }
bool is_url(char32_t c) { return is_none_of(c, U" \t\n\f\r\"<>|(){}"); }
bool is_path(char32_t c) { return is_none_of(c, U" \t\n\f\r\"<>|()"); }
bool is_url_end(char32_t c) { return is_url(c) && is_none_of(c, U".!?,-"); }
bool is_www(char32_t c) { return is_url(c) && is_none_of(c, U".!?,"); }
bool is_domain(char32_t c) {
  return is_www(c) && !(c >= U',' && c <= U'_') && is_none_of(c, U"$'`") && c < kSpaceEntity;
}

size_t tag_name(const Scan& scan, size_t offset) {
  return is_ascii_letter(scan.at(offset)) ? scan.run(offset, is_tag_name) : 0;
}

/// NAME, or NAME = "value" with either quotes.
size_t attribute_length(const Scan& scan, size_t offset) {
  const size_t name = tag_name(scan, offset);
  size_t end = offset + name;
  end += scan.run(end, is_blank);
  if (name == 0 || scan.at(end) != U'=') return name;
  end += 1 + scan.run(end + 1, is_blank);
  const char32_t quote = scan.at(end++);
  if (quote != U'"' && quote != U'\'') return name;
  while (is_none_of(scan.at(end), U"\r\n") && scan.at(end) != quote) ++end;
  return scan.at(end) == quote ? end + 1 - offset : name;
}

/// A letter or digit, anything, @, parts between dots; perhaps in <> or their entities.
size_t mail_length(const Scan& scan) {
  size_t end = scan.at(0) == U'<' ? 1 : scan.has(0, "&lt;") ? 4 : 0, last = 0;
  if (!is_ascii_alnum(scan.at(end))) return 0;
  bool part_begins = false, in_part = false;
  for (++end; is_mail(scan.at(end)); ++end) {
    const char32_t c = scan.at(end);
    const bool dot_ends_part = in_part && c == U'.';
    in_part = (part_begins || in_part) && c != U'.';
    part_begins = c == U'@' || dot_ends_part;
    if (in_part) last = end + 1;
  }
  return last > 0 && scan.at(last) == U'>' ? last + 1 : last;
}

/// End of two URL characters or more from the offset, the last no mark of a sentence; 0 without.
size_t url_end(const Scan& scan, size_t offset, bool (*inside)(char32_t)) {
  size_t end = offset + scan.run(offset, inside);
  while (end > offset + 1 && !is_url_end(scan.at(end - 1))) --end;
  const bool entity = end == offset + 1 && scan.at(offset) >= kSpaceEntity;
  return end > offset + 1 || entity ? end : 0;
}

size_t any_top_domain(const Scan& scan, size_t offset) {
  const size_t letters = std::min<size_t>(scan.run(offset, is_ascii_letter), 4);
  return letters < 2 ? 0 : letters;
}
size_t known_top_domain(const Scan& scan, size_t offset) {
  const auto is_there = [&](const char* name) { return scan.has(offset, name); };
  return is_there("com") || is_there("net") || is_there("org") || is_there("edu") ? 3 : 0;
}

/// Parts between dots from the offset, a top-level domain, perhaps a path.
void domain_rule(Scan& scan, size_t end, bool (*inside)(char32_t),
                 size_t (*top_domain)(const Scan&, size_t)) {
  for (size_t part = scan.run(end, inside); part > 0 && scan.at(end + part) == U'.';
       part = scan.run(end, inside)) {
    end += part + 1;
    const size_t top = top_domain(scan, end);
    if (top == 0) continue;
    scan.token(end + top, Form::kHardSpace);
    if (scan.at(end + top) == U'/')
      scan.token(url_end(scan, end + top + 1, is_path), Form::kHardSpace);
  }
}

}  // namespace

const char* replacement_of(char32_t c) {
  const auto found = std::ranges::find(kReplaced, c, &std::pair<char32_t, const char*>::first);
  return found == kReplaced.end() ? nullptr : found->second;
}

bool is_curly_quote(char32_t c) {
  return c == U'`' || (c >= 0x91 && c <= 0x94) || (c >= 0x2018 && c <= 0x201F) || c == 0x2039 ||
         c == 0x203A || c == 0xAB || c == 0xBB;
}

// <!…>, <?…>, </name >, <name attributes / >.
size_t tag_length(const Scan& scan) {
  if (scan.at(0) != U'<') return 0;
  const char32_t kind = scan.at(1);
  size_t end = 2;
  if (kind == U'!' || kind == U'?') {
    if (!is_ascii_letter(scan.at(2)) && scan.at(2) != U'-') return 0;
    end += scan.run(2, is_declaration);
  } else if (kind == U'/') {
    const size_t name = tag_name(scan, 2);
    if (name == 0) return 0;
    end += name + scan.run(2 + name, is_blank);
  } else {
    end = 1;
    for (size_t part = tag_name(scan, 1); part > 0;) {
      end += part;
      const size_t blanks = scan.run(end, is_blank);
      end += blanks;
      part = blanks > 0 ? attribute_length(scan, end) : 0;
    }
    if (end == 1) return 0;
    if (scan.at(end) == U'/') end += 1 + scan.run(end + 1, is_blank);
  }
  return scan.at(end) == U'>' ? end + 1 : 0;
}

// 13: currency signs, with capitals before $; capitals joined by & or +.
void currency_rules(Scan& scan) {
  if (scan.has(0, "c#") || scan.has(0, "f#")) scan.token(2);  // 22, in part
  if (scan.has(0, "c++")) scan.token(3);
  const size_t capitals = scan.run(0, is_ascii_upper);
  if (scan.at(capitals) == U'$') scan.token(capitals + 1);
  for (size_t end = capitals, more = capitals; more > 0; end += more) {
    if (end > capitals) {
      scan.token(end, Form::kAmpersand);
      dot_before_mark(scan, end, Form::kAmpersand);
    }
    if (scan.at(end) != U'&' && scan.at(end) != U'+') break;
    end += scan.has(end, "&amp;") ? 5 : 1;
    more = scan.run(end, is_ascii_upper);
  }
}

// 2: dashes, 16: double quotes, 17: brackets, 18: marks and runs, 21: other signs.
void symbol_rules(Scan& scan) {
  const char32_t c = scan.at(0);
  if (const char* name = replacement_of(c); name != nullptr) scan.replace(1, name);
  if (c == U'"') double_quote(scan, 1);
  if (scan.has(0, "&quot;")) double_quote(scan, 6);
  if (scan.has(0, "&amp;")) scan.replace(5, "&");
  if (scan.has(0, "&lt;")) scan.replace(4, "<");
  if (scan.has(0, "&gt;")) scan.replace(4, ">");
  if (c == U'&') entities(scan);
  if (scan.has(0, "<<") || scan.has(0, ">>")) scan.token(2);
  if (c == U'.') ellipsis(scan);
  if (c == U'-') hyphens(scan);
  if (c == U'\\' && scan.at(1) == U'*') scan.token(2);
  if (c == U'@' || c == U'#' || c == U'_' || c == U'*') scan.token(same_run(scan));
  // 22, in part: smileys, hash tags, names.
  smiley(scan);
  if (c == U'#') scan.token(1 + scan.run(1, is_begin_of_word), Form::kHardSpace);
  if (c == U'@' && !is_ascii_digit(scan.at(1))) scan.token(1 + scan.run(1, is_name_character));
  if (is_question_or_bang(c)) scan.token(scan.run(0, is_question_or_bang));
  const bool sign =
      std::ranges::any_of(kSigns, [&](const auto& few) { return few[0] <= c && c <= few[1]; });
  if (sign || is_one_of(c, kAlone)) scan.token(1);
}

void fold_entities(std::u32string& line) {
  const Scan scan(line);
  size_t kept = 0;
  for (size_t i = 0; i < line.size(); ++kept) {
    char32_t c = line[i];
    size_t length = 1;
    if (scan.has(i, "&nbsp;") || scan.has(i, "&apos;")) {
      c = scan.has(i, "&nbsp;") ? kSpaceEntity : kApostropheEntity;
      length = 6;
    }
    for (size_t letter = 0; c == U'&' && letter < kVowels.size() * kAccents.size(); ++letter) {
      const std::string_view accent = kAccents[letter % kAccents.size()];
      if (!scan.has(i + 1, kVowels.substr(letter / kAccents.size(), 1)) || !scan.has(i + 2, accent))
        continue;
      c = kFirstLetterEntity + static_cast<char32_t>(letter);
      length = 2 + accent.size();
    }
    line[kept] = c;
    i += length;
  }
  line.resize(kept);
}

std::string entity_text(char32_t c) {
  if (c < kFirstLetterEntity) return c == kSpaceEntity ? "&nbsp;" : "&apos;";
  const size_t letter = c - kFirstLetterEntity;
  return "&" + std::string(1, kVowels[letter / kAccents.size()]) +
         std::string(kAccents[letter % kAccents.size()]);
}

// 22, in part: markup, URLs, e-mail addresses. Source: CoreNLP's output for each ASCII character at
// each place of such a token.
void address_rules(Scan& scan) {
  scan.token(tag_length(scan), Form::kHardSpace);
  const size_t scheme = scan.has(0, "http://") ? 7 : scan.has(0, "https://") ? 8 : 0;
  if (scheme > 0) scan.token(url_end(scan, scheme, is_url), Form::kHardSpace);
  if (scan.has(0, "www.")) domain_rule(scan, 4, is_www, any_top_domain);
  domain_rule(scan, 0, is_domain, known_top_domain);
  scan.token(mail_length(scan), Form::kHardSpace);
}

}  // namespace eida::ptb

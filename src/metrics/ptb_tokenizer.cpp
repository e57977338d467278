#include <algorithm>
#include <array>

#include "eida/metrics/rouge_cider.h"
#include "ptb_scan.h"

namespace eida {
namespace ptb {

bool Scan::has(size_t offset, std::string_view lower) const {
  for (size_t i = 0; i < lower.size(); ++i) {
    const char32_t c = at(offset + i);
    if (c >= 0x80 || to_lower(c) != static_cast<char32_t>(lower[i])) return false;
  }
  return true;
}

namespace {

bool is_space_in_line(char32_t c) {
  const bool ends_line = (c >= 10 && c <= 13) || c == 0x85 || c == 0x2028 || c == 0x2029;
  return is_ptb_space(c) && !ends_line;
}

/// Most tokens: ASCII letters before ASCII white space, or before a comma with white space behind.
/// \return their number; 0 where the rules have to decide
size_t plain_word(const Scan& scan) {
  const size_t letters = scan.run(0, is_ascii_letter);
  if (letters == 0) return 0;
  const char32_t next = scan.at(letters);
  const bool ends =
      (is_ptb_space(next) && next < 0x80) || (next == U',' && is_ptb_space(scan.at(letters + 1)));
  if (!ends) return 0;
  const bool contraction =  // "gonna", "cannot"
      (letters == 5 || letters == 6) && is_one_of(scan.at(0), U"cgwlCGWL");
  return contraction ? 0 : letters;
}

void match_rules(Scan& scan) {
  const char32_t c = scan.at(0);
  const bool letter = is_begin_of_word(c), digit = is_digit(c);
  if (letter || is_any_apostrophe(c)) contraction_rules(scan);
  if (letter) word_rules(scan);
  if (letter || is_any_apostrophe(c)) apostrophe_rules(scan);
  if (!letter || c == kSoftHyphen) number_rules(scan);
  if (letter || digit || c == U'-') literal_rules(scan);
  if (letter) currency_rules(scan);
  if (letter) abbreviation_rules(scan);
  if (letter || digit) file_rules(scan);
  if (digit || c == U'+' || c == U'(') phone_rules(scan);
  if (!letter && !digit) symbol_rules(scan);
  if (letter || digit) hyphen_rules(scan);
  if (is_any_apostrophe(c) || is_curly_quote(c)) quote_rules(scan);
  address_rules(scan);
}

void append_token(std::string& out, const std::u32string& line, size_t begin, const Match& match) {
  if (match.form == Form::kReplaced) {
    out += to_lower(std::string_view(match.replacement));
    return;
  }
  const bool soft = match.form == Form::kVerbatim || match.form == Form::kStraightQuote;
  const size_t before = out.size();
  for (size_t i = begin; i < begin + match.length; ++i) {
    char32_t c = line[i];
    if (soft && c == kSoftHyphen) continue;
    if (match.form == Form::kStraightQuote && is_apostrophe(c)) c = U'\'';
    if (match.form == Form::kStraightQuote && is_any_apostrophe(c) && c != U'\'') c = U'`';
    const bool hard = match.form == Form::kHardSpace || match.form == Form::kBrackets;
    if (hard && c == U' ') c = 0xA0;
    const char* quote = match.form == Form::kQuotes ? replacement_of(c) : nullptr;
    if (quote != nullptr) {
      out += quote;
    } else if (match.form == Form::kBrackets && (c == U'(' || c == U')')) {
      out += c == U'(' ? "-lrb-" : "-rrb-";
    } else if (c >= kSpaceEntity) {
      out += entity_text(c);
    } else if (c < 0x80) {
      out.push_back(static_cast<char>(to_lower(c)));
    } else {
      append_lower(out, c);
    }
    if (match.form == Form::kAmpersand && c == U'&' && Scan(line).has(i, "&amp;")) i += 4;
  }
  if (soft && out.size() == before) out += '-';
}

/// Hands each token to `take`; the string is reused.
template <typename Take>
void each_token(std::string_view text, Take take) {
  static thread_local std::u32string line;
  decode_text(text, line);
  for (char32_t& c : line) {
    if (c == U'\n') c = U' ';
  }
  line.push_back(U'\n');
  if (text.find('&') != std::string_view::npos) fold_entities(line);
  std::string token;
  for (Scan scan(line); !scan.at_end();) {
    const char32_t c = scan.at(0);
    if (is_ptb_space(c) && c < 0x80) {
      scan.move(1 + (c == U' ' || c == U'\t' ? scan.run(1, is_space_in_line) : 0));
      continue;
    }
    Match match;
    if (is_ptb_space(c)) {  // addresses may begin with one
      address_rules(scan);
      match = scan.best();
    } else if (const size_t letters = plain_word(scan); letters > 0) {
      match = {letters, letters, letters};
    } else {
      match_rules(scan);
      match = scan.best();
    }
    if (match.reach == 0) {  // no rule: dropped
      scan.move(1);
      continue;
    }
    token.clear();
    append_token(token, line, scan.position(), match);
    take(token);
    scan.move(match.advance);
  }
}

bool is_removed(std::string_view token) {
  // Compared after lower-casing, so that brackets stay: their names here are upper case.
  constexpr std::array<std::string_view, 17> kPunctuation{
      "''", "'", "``", "`", "-LRB-", "-RRB-", "-LCB-", "-RCB-", ".",
      "?",  "!", ",",  ":", "-",     "--",    "...",   ";"};
  return token.size() <= 5 &&
         std::find(kPunctuation.begin(), kPunctuation.end(), token) != kPunctuation.end();
}

}  // namespace
}  // namespace ptb

std::vector<std::string> ptb_tokens(std::string_view line) {
  std::vector<std::string> tokens;
  ptb::each_token(line, [&](const std::string& token) { tokens.push_back(token); });
  return tokens;
}

std::string ptb_text(std::string_view line) {
  std::string text;
  text.reserve(line.size());
  ptb::each_token(line, [&](const std::string& token) {
    if (ptb::is_removed(token)) return;
    if (!text.empty()) text.push_back(' ');
    text += token;
  });
  return text;
}

}  // namespace eida

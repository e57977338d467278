#include <array>
#include <string>
#include <unordered_map>

#include "ptb_scan.h"

namespace eida::ptb {
namespace {

enum class Abbreviation { kNone, kBeforeNumber, kSentenceEnd, kSentenceEndCapital, kTitle };

/// Words by their lower-case letters; of a word in several lists the last counts.
constexpr std::array<std::pair<Abbreviation, std::string_view>, 4> kAbbreviations{
    {{Abbreviation::kTitle,
      "mr mrs ms dr drs prof profs sen sens rep reps atty attys lt col gen messrs gov govs adm rev "
      "maj sgt cpl pvt mt capt st ste ave pres lieut hon brig cmdr comdr pfc spc supt supts det ft "
      "asst assoc dept natl vs cf ph alex wm"},
     {Abbreviation::kSentenceEndCapital, "az ark del ill la mass miss ore pa tex wash"},
     {Abbreviation::kSentenceEnd,
      "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thurs fri "
      "ala ariz calif colo conn ct dak fla ga ind kan kans ky md mich minn mo mont neb nev okla "
      "penn tenn va vt wis wisc wyo inc co cos corp ltd plc rt bancorp bhd assn univ intl sys pty "
      "pte tel est ext sq jr sr bros blvd rd esq etc al seq ed.d ph.d"},
     {Abbreviation::kBeforeNumber, "ca fig figs prop no nos art bldg pp op"}}};
constexpr std::string_view kSentenceStarts =
    "About According Additionally After An A As At But Earlier He Her Here However If In It Last "
    "Many More Mr. Ms. Now Once One Other Our She Since So Some Such That The Their Then There "
    "These They This We When While What Yet You";

Abbreviation abbreviation_class(std::string_view lower) {
  static const auto kClasses = [] {
    std::unordered_map<std::string_view, Abbreviation> classes;
    for (const auto& [kind, words] : kAbbreviations) {
      for (const std::string_view word : split_space(words)) classes[word] = kind;
    }
    return classes;
  }();
  const auto found = kClasses.find(lower);
  return found == kClasses.end() ? Abbreviation::kNone : found->second;
}

/// Characters of a capitalised word that often starts a sentence and of the white space behind it;
/// 0 without one.
size_t sentence_start_length(const Scan& scan, size_t offset) {
  static const auto kStarts = split_space(kSentenceStarts);
  if (!is_ascii_upper(scan.at(offset))) return 0;
  for (const std::string_view word : kStarts) {
    size_t i = 0;
    while (i < word.size() && scan.at(offset + i) == static_cast<char32_t>(word[i])) ++i;
    if (i == word.size() && is_ptb_space(scan.at(offset + i))) return i + 1;
  }
  return 0;
}

/// A letter, or letters with dots between them; the last letter stands before a dot or, if there is
/// no such dot, wherever the chain ends. 0 without one.
size_t acronym_length(const Scan& scan, bool before_dot) {
  if (!is_ascii_letter(scan.at(0))) return 0;
  size_t end = 1;
  while (scan.at(end) == U'.' && is_ascii_letter(scan.at(end + 1))) end += 2;
  if (!before_dot) return end;
  if (scan.at(end) != U'.' && end > 1) end -= 2;  // "a.b.cd": a.b, then a dot
  return scan.at(end) == U'.' ? end : 0;
}

/// The dot stays on the token and is read again.
void dot_again(Scan& scan, size_t with_dot, size_t look_ahead) {
  scan.offer({with_dot + look_ahead, with_dot, with_dot - 1, Form::kVerbatim, nullptr});
}

void acronym_before_sentence(Scan& scan) {
  const size_t letters = acronym_length(scan, true);
  if (letters == 0) return;
  const size_t space = scan.run(letters + 1, is_ptb_space);
  if (space == 0) return;
  Scan behind = scan;
  behind.move(letters + 1 + space);
  const size_t tag = tag_length(behind);
  const bool before_tag = tag > 0 && is_ptb_space(behind.at(tag));
  const size_t start = before_tag ? tag + 1 : sentence_start_length(behind, 0);
  if (start == 0) return;
  if (letters == 1) {
    scan.token_before(1, 1 + space + start);
  } else {
    dot_again(scan, letters + 1, space + start);
  }
}

void before_number(Scan& scan, size_t with_dot) {
  const size_t space = is_ptb_space(scan.at(with_dot)) ? 1 : 0;
  if (is_digit(scan.at(with_dot + space))) scan.token_before(with_dot, space + 1);
}

/// Whether a sentence may end here is seen from the two characters behind the dot.
void at_sentence_end(Scan& scan, size_t with_dot) {
  const char32_t next = scan.at(with_dot), second = scan.at(with_dot + 1);
  if (next == U'\n' || next == 0 || (is_ptb_space(next) && second == U'\n')) {
    return dot_again(scan, with_dot, 0);
  }
  if (is_ptb_space(next) && (is_ptb_space(second) || is_ascii_upper(second))) {
    return dot_again(scan, with_dot, 2);
  }
  scan.token_before(with_dot, 2);
}

/// Letters of "Ed.D" and "Ph.D" before their last dot, else of a plain word.
size_t abbreviation_length(const Scan& scan) {
  if (scan.has(0, "ed.d") || scan.has(0, "ph.d")) return 4;
  return scan.run(0, is_ascii_letter);
}

}  // namespace

// 14: abbreviations keep their dot.
void abbreviation_rules(Scan& scan) {
  if (!is_ascii_letter(scan.at(0))) return;
  constexpr size_t kLongest = 8;
  acronym_before_sentence(scan);
  const size_t letters = abbreviation_length(scan);
  auto found = Abbreviation::kNone;
  if (letters <= kLongest) {
    std::array<char, kLongest> lower{};
    for (size_t i = 0; i < letters; ++i) lower[i] = static_cast<char>(to_lower(scan.at(i)));
    found = abbreviation_class({lower.data(), letters});
  }
  const bool dot = scan.at(letters) == U'.';
  if (found == Abbreviation::kSentenceEndCapital) {
    found = is_ascii_upper(scan.at(0)) ? Abbreviation::kSentenceEnd : Abbreviation::kNone;
  }
  if (dot && found == Abbreviation::kBeforeNumber) before_number(scan, letters + 1);
  if (dot && found == Abbreviation::kSentenceEnd) at_sentence_end(scan, letters + 1);
  if (found == Abbreviation::kTitle) {
    if (dot) scan.token(letters + 1);
    if (is_ptb_space(scan.at(letters))) scan.token_before(letters, 1);
  }
  if (const size_t acronym = acronym_length(scan, true); acronym > 0) scan.token(acronym + 1);
  const size_t acronym = acronym_length(scan, false);
  if (is_ptb_space(scan.at(acronym))) scan.token_before(acronym, 1);
}

}  // namespace eida::ptb

#include "graphemes.h"

#include "unicode.h"

namespace eida::text {
namespace {

enum class Hangul { kNone, kLead, kVowel, kTail, kOpenSyllable, kClosedSyllable };

/// Source: Unicode Character Database, Hangul_Syllable_Type.
Hangul hangul_of(char32_t c) {
  const auto within = [c](char32_t first, char32_t last) { return c >= first && c <= last; };
  if (within(0x1100, 0x115F) || within(0xA960, 0xA97C)) return Hangul::kLead;
  if (within(0x1160, 0x11A7) || within(0xD7B0, 0xD7C6)) return Hangul::kVowel;
  if (within(0x11A8, 0x11FF) || within(0xD7CB, 0xD7FB)) return Hangul::kTail;
  if (!within(0xAC00, 0xD7A3)) return Hangul::kNone;
  return (c - 0xAC00) % 28 == 0 ? Hangul::kOpenSyllable : Hangul::kClosedSyllable;
}

bool joins_hangul(char32_t last, char32_t c) {
  const Hangul before = hangul_of(last), after = hangul_of(c);
  if (before == Hangul::kNone || after == Hangul::kNone) return false;
  if (before == Hangul::kLead) return after != Hangul::kTail;
  if (before == Hangul::kVowel || before == Hangul::kOpenSyllable)
    return after == Hangul::kVowel || after == Hangul::kTail;
  return after == Hangul::kTail;
}

/// What a cluster so far ends in, apart from extending characters.
struct State {
  char32_t last;
  bool pictographic;  ///< a pictograph, then only extending characters
  bool consonant;     ///< an Indic consonant, then only extending characters
  bool linked;        ///< with a linker among these
};

bool joins(const State& state, char32_t c) {
  const char32_t last = state.last;
  if (last == U'\r' && c == U'\n') return true;
  if (has(last, kGraphemeControl) || has(c, kGraphemeControl)) return false;
  if (has(c, kGraphemeExtend) || has(last, kGraphemePrepend)) return true;
  if (state.consonant && state.linked && has(c, kConjunctConsonant)) return true;
  if (state.pictographic && last == 0x200D && has(c, kPictographic)) return true;
  return joins_hangul(last, c);
}

}  // namespace

size_t grapheme_length(std::string_view text) {
  const char *p = text.data(), *const end = p + text.size();
  if (p == end) return 0;
  const char32_t first = next_code_point(p);
  State state{first, has(first, kPictographic), has(first, kConjunctConsonant), false};
  while (p < end) {
    const char* after = p;
    const char32_t c = next_code_point(after);
    if (!joins(state, c)) break;
    const bool extends = has(c, kGraphemeExtend);
    const bool consonant = has(c, kConjunctConsonant);
    state = {c, has(c, kPictographic) || (state.pictographic && extends),
             consonant || (state.consonant && extends),
             !consonant && (has(c, kConjunctLinker) || state.linked)};
    p = after;
  }
  return static_cast<size_t>(p - text.data());
}

}  // namespace eida::text

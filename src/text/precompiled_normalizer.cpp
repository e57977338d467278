/// SentencePiece's character map, applied the way the `tokenizers` library does: to short grapheme
/// clusters first, else character by character.
#include <openssl/evp.h>

#include <array>
#include <vector>

#include "normalizer.h"
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

/// Bytes of the extended grapheme cluster that the text, well-formed UTF-8, begins with; 0 at its
/// end. Source: Unicode Standard Annex 29, rules GB3 to GB11. Flags (GB12, GB13) are left apart:
/// the only user looks clusters of up to five bytes up as a whole, and half a flag and a mark has
/// six.
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

/// Empty where the text is not base 64 (RFC 4648) with its padding.
std::string decode_base64(const std::string& text) {
  const auto* digits = reinterpret_cast<const unsigned char*>(text.data());
  std::string bytes(text.size() / 4 * 3, '\0');
  const size_t padding = text.size() - (text.find_last_not_of('=') + 1);
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()), digits,
                                   static_cast<int>(text.size()));
  if (size != static_cast<int>(bytes.size()) || padding > 2) return "";
  bytes.resize(bytes.size() - padding);
  return bytes;
}

class Precompiled : public Normalizer {
 public:
  explicit Precompiled(const Component& component) {
    const std::string bytes = decode_base64(component.text("precompiled_charsmap"));
    if (bytes.size() < 4)
      component.fail("key 'precompiled_charsmap' is not a character map in base 64");
    const size_t size = read_u32(bytes, 0);
    if (size % 4 != 0 || size == 0 || size > bytes.size() - 4)
      component.fail(fmt::format("key 'precompiled_charsmap' holds a trie of {} bytes in {} bytes",
                                 size, bytes.size()));
    for (size_t i = 0; i < size; i += 4) units_.push_back(read_u32(bytes, 4 + i));
    targets_ = bytes.substr(4 + size);
    if (std::string ignored; repair_utf8(targets_, ignored).data() != targets_.data())
      component.fail("key 'precompiled_charsmap' holds text that is not UTF-8");
    for (size_t c = 0; c < 128; ++c) {
      const char byte = static_cast<char>(c);
      plain_[c] = lookup({&byte, 1}).data() == nullptr;
    }
    plain_['\r'] = plain_['\r'] && lookup("\r\n").data() == nullptr;
  }

  void apply(std::string& text, bool&) const override {
    if (is_plain(text)) return;
    std::string out;
    out.reserve(text.size());
    for (std::string_view rest = text; !rest.empty(); check_growth(text.size(), out.size())) {
      std::string_view cluster = rest.substr(0, grapheme_length(rest));
      rest.remove_prefix(cluster.size());
      if (cluster.size() < 6 && append_target(out, cluster)) continue;
      while (!cluster.empty()) {
        const std::string_view one = cluster.substr(0, sequence_length(cluster[0]));
        if (!append_target(out, one)) out += one;
        cluster.remove_prefix(one.size());
      }
    }
    text = std::move(out);
  }

 private:
  static uint32_t read_u32(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    for (size_t i = 4; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
  }

  /// ASCII that the map leaves alone.
  bool is_plain(std::string_view text) const {
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte >= 128 || !plain_[byte]) return false;
    }
    return true;
  }

  /// Target of the shortest key that `text` starts with; null where there is none.
  /// Source: the unit layout of Darts-clone.
  std::string_view lookup(std::string_view text) const {
    const auto offset = [](uint32_t unit) { return (unit >> 10) << ((unit & 0x200) >> 6); };
    size_t at = offset(units_[0]);
    for (const char c : text) {
      at ^= static_cast<unsigned char>(c);
      if (c == '\0' || at >= units_.size()) break;
      const uint32_t unit = units_[at];
      if ((unit & 0x800000FF) != static_cast<unsigned char>(c)) break;
      at ^= offset(unit);
      if ((unit & 0x100) == 0) continue;
      const size_t target = at < units_.size() ? units_[at] & 0x7FFFFFFF : targets_.size();
      if (target >= targets_.size() || (targets_[target] & 0xC0) == 0x80) break;
      const std::string_view rest = std::string_view(targets_).substr(target);
      return rest.substr(0, rest.find('\0'));
    }
    return {};
  }

  bool append_target(std::string& out, std::string_view text) const {
    const std::string_view target = lookup(text);
    if (target.data() == nullptr) return false;
    out += target;
    return true;
  }

  std::vector<uint32_t> units_;
  std::string targets_;
  std::array<bool, 128> plain_{};
};

}  // namespace

std::unique_ptr<const Normalizer> make_precompiled_normalizer(const Component& component) {
  return std::make_unique<Precompiled>(component);
}

}  // namespace eida::text

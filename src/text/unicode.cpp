/// Properties, normal forms and lower case over the generated tables.
#include "unicode.h"

#include <algorithm>
#include <array>
#include <span>
#include <unordered_map>
#include <vector>

namespace eida::text {
namespace {

#include "unicode_tables.inc"

constexpr char32_t kHangul = 0xAC00, kLead = 0x1100, kVowel = 0x1161, kTail = 0x11A7;
constexpr uint32_t kLeads = 19, kVowels = 21, kTails = 28, kSyllables = kLeads * kVowels * kTails;

/// Code point → its targets in one of the flat tables.
class Mapping {
 public:
  explicit Mapping(std::span<const uint32_t> flat) : flat_(flat) {
    for (uint32_t at = 0; at < flat.size(); at += 2 + flat[at + 1]) places_.emplace(flat[at], at);
  }
  /// Empty where the code point maps to itself.
  std::span<const uint32_t> operator[](char32_t c) const {
    const auto found = places_.find(c);
    if (found == places_.end()) return {};
    return flat_.subspan(found->second + 2, flat_[found->second + 1]);
  }

 private:
  std::span<const uint32_t> flat_;
  std::unordered_map<char32_t, uint32_t> places_;
};

int combining_class(char32_t c) {
  constexpr std::span<const uint32_t> runs = kCombiningRuns;
  size_t low = 0, high = runs.size() / 3;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (c > runs[3 * middle + 1]) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < runs.size() / 3 && c >= runs[3 * low] ? static_cast<int>(runs[3 * low + 2]) : 0;
}

void append_decomposition(std::u32string& out, char32_t c, bool compatibility) {
  static const Mapping canonical(kCanonical), only_compatibility(kCompatibility);
  if (c < 0x80) {
    out += c;
    return;
  }
  if (c - kHangul < kSyllables) {
    const char32_t syllable = c - kHangul, tail = syllable % kTails;
    out += static_cast<char32_t>(kLead + syllable / (kVowels * kTails));
    out += static_cast<char32_t>(kVowel + syllable / kTails % kVowels);
    if (tail != 0) out += static_cast<char32_t>(kTail + tail);
    return;
  }
  auto targets = compatibility ? only_compatibility[c] : std::span<const uint32_t>();
  if (targets.empty()) targets = canonical[c];
  if (targets.empty()) out += c;
  out.append(targets.begin(), targets.end());
}

/// Stable order by combining class within each run of marks.
void order_marks(std::u32string& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x80 || combining_class(text[i]) == 0) continue;
    size_t end = i + 1;
    while (end < text.size() && combining_class(text[end]) != 0) ++end;
    std::stable_sort(text.begin() + static_cast<std::ptrdiff_t>(i),
                     text.begin() + static_cast<std::ptrdiff_t>(end), [](char32_t a, char32_t b) {
                       return combining_class(a) < combining_class(b);
                     });
    i = end;
  }
}

/// The primary composite of a pair, or 0.
char32_t composed(char32_t first, char32_t second) {
  static const auto pairs = [] {
    std::unordered_map<uint64_t, char32_t> map;
    constexpr std::span<const uint32_t> list = kCompositions;
    for (size_t i = 0; i < list.size(); i += 3)
      map.emplace(uint64_t{list[i]} << 32 | list[i + 1], list[i + 2]);
    return map;
  }();
  if (first - kLead < kLeads && second - kVowel < kVowels)
    return kHangul + ((first - kLead) * kVowels + (second - kVowel)) * kTails;
  if (first - kHangul < kSyllables && (first - kHangul) % kTails == 0 && second > kTail &&
      second - kTail < kTails)
    return first + (second - kTail);
  const auto found = pairs.find(uint64_t{first} << 32 | second);
  return found == pairs.end() ? 0 : found->second;
}

std::u32string compose(std::u32string_view text) {
  std::u32string out;
  size_t starter = std::u32string::npos;  // index in out
  int last_class = 0;
  for (const char32_t c : text) {
    const int own = combining_class(c);
    const bool blocked = starter != std::u32string::npos && starter + 1 != out.size() &&
                         (last_class == 0 || last_class >= own);
    if (starter != std::u32string::npos && !blocked) {
      if (const char32_t joined = composed(out[starter], c); joined != 0) {
        out[starter] = joined;
        continue;
      }
    }
    if (own == 0) starter = out.size();
    last_class = own;
    out += c;
  }
  return out;
}

}  // namespace

const uint16_t* property_table() {
  static const std::vector<uint16_t> table = [] {
    std::vector<uint16_t> all(0x110000, 0);
    constexpr std::span<const uint32_t> runs = kPropertyRuns;
    for (size_t i = 0; i < runs.size(); i += 3)
      std::fill(all.begin() + runs[i], all.begin() + runs[i + 1] + 1,
                static_cast<uint16_t>(runs[i + 2]));
    return all;
  }();
  return table.data();
}

namespace {

template <typename Belongs>
CodePointRanges ranges_where(std::span<const uint32_t> runs, const Belongs& belongs) {
  CodePointRanges out;
  for (size_t i = 0; i < runs.size(); i += 3) {
    if (!belongs(runs[i + 2])) continue;
    if (out.empty() || out.back().second + 1 != runs[i]) out.emplace_back(runs[i], 0);
    out.back().second = runs[i + 1];
  }
  return out;
}

}  // namespace

CodePointRanges ranges_of_property(uint16_t any_of) {
  return ranges_where(kPropertyRuns, [any_of](uint32_t bits) { return (bits & any_of) != 0; });
}

CodePointRanges ranges_of_category(std::string_view name) {
  static constexpr std::array<std::string_view, 28> kNames = {
      "Cc", "Cf", "Co", "Ll", "Lm", "Lo", "Lt", "Lu", "Mc", "Me", "Mn", "Nd", "Nl", "No",
      "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps", "Sc", "Sk", "Sm", "So", "Zl", "Zp", "Zs"};
  return ranges_where(kCategoryRuns, [name](uint32_t value) {
    const std::string_view own = kNames[value - 1];
    return own == name || (name.size() == 1 && own[0] == name[0] && name != "C");
  });
}

void append_lower(std::u32string& out, char32_t c) {
  static const Mapping lower(kLowerCase);
  const auto targets = lower[c];
  if (targets.empty()) out += c;
  out.append(targets.begin(), targets.end());
}

std::u32string normal_form(std::u32string_view text, NormalForm form) {
  std::u32string out;
  out.reserve(text.size());
  for (const char32_t c : text)
    append_decomposition(out, c, form == NormalForm::kKC || form == NormalForm::kKD);
  order_marks(out);
  return form == NormalForm::kC || form == NormalForm::kKC ? compose(out) : out;
}

}  // namespace eida::text

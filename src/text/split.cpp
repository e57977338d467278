/// Pre-tokenizers that cut a text at matches: Split, Digits, Punctuation.
/// Source: `SplitDelimiterBehavior` of the `tokenizers` library.
#include <algorithm>
#include <optional>
#include <vector>

#include "eida/core/utf8.h"
#include "pre_tokenizer.h"
#include "regex.h"
#include "unicode.h"
#include "word_scanner.h"

namespace eida::text {
namespace {

/// What becomes of a match.
enum class Behaviour { kRemoved, kIsolated, kMergedWithPrevious, kMergedWithNext, kContiguous };

Behaviour behaviour_of(const Component& component, const std::string& fallback) {
  const std::string name = component.text("behavior", fallback);
  if (name == "Removed") return Behaviour::kRemoved;
  if (name == "Isolated") return Behaviour::kIsolated;
  if (name == "MergedWithPrevious") return Behaviour::kMergedWithPrevious;
  if (name == "MergedWithNext") return Behaviour::kMergedWithNext;
  if (name == "Contiguous") return Behaviour::kContiguous;
  component.fail(
      "key 'behavior' is none of Removed, Isolated, MergedWithPrevious, MergedWithNext, "
      "Contiguous");
}

using Found = FunctionRef<void(size_t begin, size_t end)>;

/// Cuts at the matches that a derived class finds.
class Cutter : public PreTokenizer {
 public:
  Cutter(Behaviour behaviour, bool invert) : behaviour_(behaviour), invert_(invert) {}

  void split(std::string_view text, bool at_start, PieceSink sink) const override {
    std::vector<Part> parts;
    size_t done = 0;
    find(text, [&](size_t begin, size_t end) {
      if (done < begin) parts.push_back({done, begin, invert_});
      parts.push_back({begin, end, !invert_});
      done = end;
    });
    if (done < text.size()) parts.push_back({done, text.size(), invert_});
    join(parts);
    for (const Part& part : parts) {
      if (part.begin < part.end && !(part.match && behaviour_ == Behaviour::kRemoved))
        sink(text.substr(part.begin, part.end - part.begin), at_start && part.begin == 0);
    }
  }

 private:
  struct Part {
    size_t begin, end;
    bool match;
  };

  virtual void find(std::string_view text, Found found) const = 0;

  /// Joins neighbours as the behaviour says.
  void join(std::vector<Part>& parts) const {
    if (behaviour_ == Behaviour::kRemoved || behaviour_ == Behaviour::kIsolated) return;
    const bool from_behind = behaviour_ == Behaviour::kMergedWithNext;
    if (from_behind) std::reverse(parts.begin(), parts.end());
    bool before = false;  // was a match
    size_t kept = 0;
    for (const Part& part : parts) {
      const bool joins = kept > 0 && (behaviour_ == Behaviour::kContiguous ? part.match == before
                                                                           : part.match && !before);
      before = part.match;
      if (!joins) {
        parts[kept++] = part;
      } else if (from_behind) {
        parts[kept - 1].begin = part.begin;
      } else {
        parts[kept - 1].end = part.end;
      }
    }
    parts.resize(kept);
    if (from_behind) std::reverse(parts.begin(), parts.end());
  }

  Behaviour behaviour_;
  bool invert_;
};

class LiteralCutter : public Cutter {
 public:
  LiteralCutter(std::string literal, Behaviour behaviour, bool invert)
      : Cutter(behaviour, invert), literal_(std::move(literal)) {}

 private:
  void find(std::string_view text, Found found) const override {
    for (size_t at = 0; (at = text.find(literal_, at)) != text.npos; at += literal_.size())
      found(at, at + literal_.size());
  }

  std::string literal_;
};

class RegexCutter : public Cutter {
 public:
  RegexCutter(Regex regex, Behaviour behaviour, bool invert)
      : Cutter(behaviour, invert), regex_(std::move(regex)) {}

 private:
  void find(std::string_view text, Found found) const override {
    regex_.for_each_match(text, found);
  }

  Regex regex_;
};

/// Every character of a property is a match.
class PropertyCutter : public Cutter {
 public:
  PropertyCutter(uint16_t property, Behaviour behaviour)
      : Cutter(behaviour, false), property_(property) {}

 private:
  void find(std::string_view text, Found found) const override {
    for (const char *begin = text.data(), *p = begin, *end = p + text.size(); p < end;) {
      const char* character = p;
      if (has(next_code_point(p), property_))
        found(static_cast<size_t>(character - begin), static_cast<size_t>(p - begin));
    }
  }

  uint16_t property_;
};

class WordSplit : public PreTokenizer {
 public:
  explicit WordSplit(WordPattern pattern) : pattern_(pattern) {}
  void split(std::string_view text, bool at_start, PieceSink sink) const override {
    scan_words(pattern_, text, at_start, sink);
  }

 private:
  WordPattern pattern_;
};

}  // namespace

std::unique_ptr<const PreTokenizer> make_split(const Component& component) {
  const Behaviour behaviour = behaviour_of(component, "");
  const bool invert = component.flag("invert", false);
  const Component pattern = component.child("pattern");
  if (!pattern.has("Regex")) {
    std::string literal = pattern.text("String");
    if (literal.empty()) component.fail("component 'Split' has an empty pattern");
    return std::make_unique<LiteralCutter>(std::move(literal), behaviour, invert);
  }
  const std::string expression = pattern.text("Regex");
  const bool matches_alone = behaviour == (invert ? Behaviour::kRemoved : Behaviour::kIsolated);
  if (const auto known = word_pattern(expression); known && matches_alone)
    return std::make_unique<WordSplit>(*known);
  return std::make_unique<RegexCutter>(regex_of(pattern, "Regex"), behaviour, invert);
}

std::unique_ptr<const PreTokenizer> make_digits(const Component& component) {
  return std::make_unique<PropertyCutter>(kNumeric, component.flag("individual_digits", false)
                                                        ? Behaviour::kIsolated
                                                        : Behaviour::kContiguous);
}

std::unique_ptr<const PreTokenizer> make_punctuation(const Component& component) {
  return std::make_unique<PropertyCutter>(kPunctuation, behaviour_of(component, "Isolated"));
}

}  // namespace eida::text

#include "pre_tokenizer.h"

#include <span>
#include <vector>

#include "unicode.h"

namespace eida::text {
namespace {

class Sequence : public PreTokenizer {
 public:
  explicit Sequence(const Component& component) {
    for (const Component& child : component.children("pretokenizers"))
      steps_.push_back(make_pre_tokenizer(child));
  }
  void split(std::string_view text, bool at_start, PieceSink sink) const override {
    run(steps_, text, at_start, sink);
  }

 private:
  using Steps = std::span<const std::unique_ptr<const PreTokenizer>>;
  static void run(Steps steps, std::string_view text, bool at_start, PieceSink sink) {
    if (steps.empty()) return sink(text, at_start);
    steps.front()->split(text, at_start, [&](std::string_view piece, bool piece_at_start) {
      run(steps.subspan(1), piece, piece_at_start, sink);
    });
  }

  std::vector<std::unique_ptr<const PreTokenizer>> steps_;
};

/// Splits at white space, which it drops; with `punctuation`, marks become pieces of their own.
class SpaceSplit : public PreTokenizer {
 public:
  explicit SpaceSplit(bool punctuation) : breaks_(punctuation ? kSpace | kPunctuation : kSpace) {}

  void split(std::string_view text, bool at_start, PieceSink sink) const override {
    const char *const begin = text.data(), *const end = begin + text.size();
    const uint16_t* properties = property_table();
    const char* piece = begin;
    const auto flush = [&](const char* piece_end) {
      if (piece < piece_end)
        sink({piece, static_cast<size_t>(piece_end - piece)}, at_start && piece == begin);
    };
    for (const char* p = begin; p < end;) {
      const char* character = p;
      const uint16_t found = properties[next_code_point(p)] & breaks_;
      if (found == 0) continue;
      flush(character);
      piece = character;
      if ((found & kSpace) == 0) flush(p);
      piece = p;
    }
    flush(end);
  }

 private:
  uint16_t breaks_;
};

enum class Prepend { kAlways, kFirst, kNever };

Prepend prepend_of(const Component& component) {
  // Files from before prepend_scheme have add_prefix_space alone.
  const bool prefix = component.flag("add_prefix_space", true);
  const std::string scheme = component.text("prepend_scheme", prefix ? "always" : "never");
  if (scheme == "always") return Prepend::kAlways;
  if (scheme == "first") return Prepend::kFirst;
  if (scheme == "never") return Prepend::kNever;
  component.fail("key 'prepend_scheme' is none of always, first, never");
}

/// SentencePiece's white space: spaces become "▁", and pieces begin with it.
class Metaspace : public PreTokenizer {
 public:
  explicit Metaspace(const Component& component)
      : replacement_(component.text("replacement", "▁")),
        prepend_(prepend_of(component)),
        split_(component.flag("split", true)) {
    if (replacement_.empty() || replacement_.size() != sequence_length(replacement_[0]))
      component.fail("key 'replacement' is not one character");
  }

  void split(std::string_view text, bool at_start, PieceSink sink) const override {
    std::string replaced;
    replaced.reserve(text.size() + text.size() / 2 + 8);
    const bool marked = text[0] == ' ' || text.starts_with(replacement_);
    if (!marked && (prepend_ == Prepend::kAlways || (prepend_ == Prepend::kFirst && at_start)))
      replaced = replacement_;
    for (const char c : text) c == ' ' ? replaced += replacement_ : replaced += c;
    if (!split_) return sink(replaced, at_start);
    const std::string_view view = replaced;
    for (size_t begin = 0; begin < view.size();) {
      const size_t end = std::min(view.find(replacement_, begin + 1), view.size());
      sink(view.substr(begin, end - begin), at_start && begin == 0);
      begin = end;
    }
  }

 private:
  std::string replacement_;
  Prepend prepend_;
  bool split_;
};

}  // namespace

std::unique_ptr<const PreTokenizer> make_pre_tokenizer(const Component& component) {
  const std::string type = component.type();
  if (type == "Sequence") return std::make_unique<Sequence>(component);
  if (type == "ByteLevel") return make_byte_level(component);
  if (type == "BertPreTokenizer") return std::make_unique<SpaceSplit>(true);
  if (type == "WhitespaceSplit") return std::make_unique<SpaceSplit>(false);
  if (type == "Metaspace") return std::make_unique<Metaspace>(component);
  if (type == "Split") return make_split(component);
  if (type == "Digits") return make_digits(component);
  if (type == "Punctuation") return make_punctuation(component);
  component.unsupported(
      "Sequence, ByteLevel, BertPreTokenizer, WhitespaceSplit, Metaspace, Split, Digits and "
      "Punctuation");
}

bool is_byte_level(const Component& component) {
  const std::string type = component.type();
  if (type != "Sequence") return type == "ByteLevel";
  bool byte_level = false;
  for (const Component& child : component.children("pretokenizers")) {
    if (byte_level) child.fail("a step after ByteLevel is not supported");
    byte_level = is_byte_level(child);
  }
  return byte_level;
}

}  // namespace eida::text

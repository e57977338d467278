/// SentencePiece's white space: spaces become "▁", and pieces begin with it.
#include "pre_tokenizer.h"
#include "unicode.h"

namespace eida::text {
namespace {

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

std::unique_ptr<const PreTokenizer> make_metaspace(const Component& component) {
  return std::make_unique<Metaspace>(component);
}

}  // namespace eida::text

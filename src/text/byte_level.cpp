/// The pre-tokenizer of byte-level files.
#include "pre_tokenizer.h"
#include "word_scanner.h"

namespace eida::text {
namespace {

class ByteLevel : public PreTokenizer {
 public:
  explicit ByteLevel(const Component& component)
      : prefix_(component.flag("add_prefix_space", true)),
        cut_(component.flag("use_regex", true)) {}

  void split(std::string_view text, bool at_start, PieceSink sink) const override {
    std::string prefixed;
    if (prefix_ && text[0] != ' ') {
      prefixed.reserve(text.size() + 1);
      prefixed.append(1, ' ').append(text);
      text = prefixed;
    }
    if (!cut_) return sink(text, at_start);
    scan_words(WordPattern::kGpt2, text, at_start, sink);
  }

 private:
  bool prefix_, cut_;
};

}  // namespace

std::unique_ptr<const PreTokenizer> make_byte_level(const Component& component) {
  return std::make_unique<ByteLevel>(component);
}

}  // namespace eida::text

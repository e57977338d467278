/// BERT's cleaning: control characters, white space, Chinese characters, accents, lower case.
#include <array>

#include "normalizer.h"
#include "unicode.h"

namespace eida::text {
namespace {

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const Component& component)
      : clean_(component.flag("clean_text", true)),
        chinese_(component.flag("handle_chinese_chars", true)),
        lowercase_(component.flag("lowercase", true)),
        accents_(component.flag("strip_accents", lowercase_)) {
    for (int c = 0; c < 128; ++c) {
      const auto point = static_cast<char32_t>(c);
      ascii_[static_cast<size_t>(c)] = clean_ && has(point, kControl) ? kDropped
                                       : clean_ && has(point, kSpace) ? ' '
                                       : lowercase_ && c >= 'A' && c <= 'Z'
                                           ? static_cast<char>(c + 32)
                                           : static_cast<char>(c);
    }
  }

  void apply(std::string& text, bool& at_start) const override {
    if (clean_ && !text.empty()) {
      const char* p = text.data();
      if (has(next_code_point(p), kControl)) at_start = false;
    }
    if (is_ascii(text)) {
      apply_ascii(text);
    } else {
      apply_unicode(text);
    }
  }

 private:
  static constexpr char kDropped = '\xFF';

  void apply_ascii(std::string& text) const {
    char* out = text.data();
    for (const char c : text) {
      *out = ascii_[static_cast<unsigned char>(c)];
      out += *out != kDropped;
    }
    text.resize(static_cast<size_t>(out - text.data()));
  }

  void apply_unicode(std::string& text) const {
    std::u32string characters;
    for (const char *p = text.data(), *end = p + text.size(); p < end;) {
      const char32_t c = next_code_point(p);
      if (clean_ && has(c, kControl)) continue;
      const bool spaced = chinese_ && has(c, kCjk);
      if (spaced) characters += U' ';
      characters += clean_ && has(c, kSpace) ? U' ' : c;
      if (spaced) characters += U' ';
    }
    if (accents_) {
      characters = normal_form(characters, NormalForm::kD);
      std::erase_if(characters, [](char32_t c) { return has(c, kBertMark); });
    }
    text.clear();
    std::u32string lower;
    for (const char32_t c : characters) {
      if (!lowercase_) {
        append_utf8(text, c);
        continue;
      }
      lower.clear();
      append_lower(lower, c);
      for (const char32_t l : lower) append_utf8(text, l);
    }
  }

  bool clean_, chinese_, lowercase_, accents_;
  std::array<char, 128> ascii_{};
};

}  // namespace

std::unique_ptr<const Normalizer> make_bert_normalizer(const Component& component) {
  return std::make_unique<BertNormalizer>(component);
}

}  // namespace eida::text

#include "normalizer.h"

#include <vector>

#include "eida/core/utf8.h"
#include "simple_pattern.h"
#include "unicode.h"

namespace eida::text {
namespace {

class Sequence : public Normalizer {
 public:
  explicit Sequence(const Component& component) { add(component); }
  void apply(std::string& text, bool& at_start) const override {
    const size_t before = text.size();
    for (const auto& step : steps_) {
      step->apply(text, at_start);
      check_growth(before, text.size());
    }
  }

 private:
  /// Sequences in a sequence are its steps, which grow a text together.
  void add(const Component& component) {
    for (const Component& child : component.children("normalizers")) {
      if (child.type() == "Sequence") {
        add(child);
      } else {
        steps_.push_back(make_normalizer(child));
      }
    }
  }

  std::vector<std::unique_ptr<const Normalizer>> steps_;
};

class ToNormalForm : public Normalizer {
 public:
  explicit ToNormalForm(NormalForm form) : form_(form) {}
  void apply(std::string& text, bool&) const override {
    if (!is_ascii(text)) text = to_utf8(normal_form(to_utf32(text), form_));
  }

 private:
  NormalForm form_;
};

class Lowercase : public Normalizer {
 public:
  void apply(std::string& text, bool&) const override {
    std::u32string lower;
    for (const char32_t c : to_utf32(text)) append_lower(lower, c);
    text = to_utf8(lower);
  }
};

class StripAccents : public Normalizer {
 public:
  void apply(std::string& text, bool& at_start) const override {
    if (is_ascii(text)) return;
    std::u32string characters = to_utf32(text);
    if (!characters.empty() && has(characters.front(), kMark)) at_start = false;
    std::erase_if(characters, [](char32_t c) { return has(c, kMark); });
    text = to_utf8(characters);
  }
};

class Strip : public Normalizer {
 public:
  explicit Strip(const Component& component)
      : left_(component.flag("strip_left", true)), right_(component.flag("strip_right", true)) {}

  void apply(std::string& text, bool& at_start) const override {
    const char *begin = text.data(), *end = begin + text.size();
    for (const char* next = begin; left_ && begin < end; begin = next) {
      if (!has(next_code_point(next), kSpace)) break;
      at_start = false;
    }
    while (right_ && begin < end && has(code_point_before(end), kSpace)) {
      do --end;
      while ((static_cast<unsigned char>(*end) & 0xC0) == 0x80);
    }
    text = std::string(begin, end);
  }

 private:
  bool left_, right_;
};

class Prepend : public Normalizer {
 public:
  explicit Prepend(const Component& component) : prefix_(component.text("prepend")) {}
  void apply(std::string& text, bool&) const override {
    if (text.empty()) return;
    check_growth(text.size(), text.size() + prefix_.size());
    text.insert(0, prefix_);
  }

 private:
  std::string prefix_;
};

/// Replaces every match of a string or of a simple regular expression.
class Replace : public Normalizer {
 public:
  explicit Replace(const Component& component) : content_(component.text("content")) {
    constexpr size_t kLongest = 1024;
    if (content_.size() > kLongest) {
      component.fail(
          fmt::format("key 'content' has {} bytes, the limit is {}", content_.size(), kLongest));
    }
    const Component pattern = component.child("pattern");
    if (pattern.has("Regex")) {
      const std::string expression = pattern.text("Regex");
      pattern_ = SimplePattern::parse(expression);
      if (!pattern_) {
        component.fail(
            fmt::format("component 'Replace' with the regular expression '{}' is not supported",
                        printable(expression)));
      }
    } else {
      literal_ = pattern.text("String");
      if (literal_.empty()) component.fail("component 'Replace' has an empty pattern");
    }
  }

  void apply(std::string& text, bool& at_start) const override {
    std::string out;
    size_t copied = 0;
    const std::string_view view = text;
    for (size_t i = 0; i < view.size();) {
      const size_t length = match(view.substr(i));
      if (length == 0) {
        i += sequence_length(view[i]);
        continue;
      }
      if (i == 0 && content_.empty()) at_start = false;
      out.append(view, copied, i - copied).append(content_);
      check_growth(text.size(), out.size());
      copied = i += length;
    }
    if (copied == 0) return;
    out.append(view, copied);
    text = std::move(out);
  }

 private:
  size_t match(std::string_view text) const {
    if (pattern_) return pattern_->match(text);
    return text.starts_with(literal_) ? literal_.size() : 0;
  }

  std::string content_, literal_;
  std::optional<SimplePattern> pattern_;
};

}  // namespace

std::unique_ptr<const Normalizer> make_normalizer(const Component& component) {
  const std::string type = component.type();
  if (type == "Sequence") return std::make_unique<Sequence>(component);
  if (type == "BertNormalizer") return make_bert_normalizer(component);
  if (type == "Precompiled") return make_precompiled_normalizer(component);
  if (type == "Replace") return std::make_unique<Replace>(component);
  if (type == "NFC") return std::make_unique<ToNormalForm>(NormalForm::kC);
  if (type == "NFD") return std::make_unique<ToNormalForm>(NormalForm::kD);
  if (type == "NFKC") return std::make_unique<ToNormalForm>(NormalForm::kKC);
  if (type == "NFKD") return std::make_unique<ToNormalForm>(NormalForm::kKD);
  if (type == "Lowercase") return std::make_unique<Lowercase>();
  if (type == "StripAccents") return std::make_unique<StripAccents>();
  if (type == "Strip") return std::make_unique<Strip>(component);
  if (type == "Prepend") return std::make_unique<Prepend>(component);
  component.unsupported(
      "Sequence, BertNormalizer, Precompiled, Replace, NFC, NFD, NFKC, NFKD, Lowercase, "
      "StripAccents, Strip and Prepend");
}

}  // namespace eida::text

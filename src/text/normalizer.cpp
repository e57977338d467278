#include "normalizer.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "eida/core/utf8.h"
#include "regex.h"
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
    if (!stays(text)) text = to_utf8(normal_form(to_utf32(text), form_));
  }

 private:
  /// ASCII; for NFC also what lies below the first combining mark, U+0300.
  bool stays(std::string_view text) const {
    const unsigned char least = form_ == NormalForm::kC ? 0xCC : 0x80;  // byte that begins another
    return std::ranges::all_of(text,
                               [least](char c) { return static_cast<unsigned char>(c) < least; });
  }

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

/// Replaces every match of a string or of a regular expression.
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
      regex_ = regex_of(pattern, "Regex");
    } else {
      literal_ = pattern.text("String");
      if (literal_.empty()) component.fail("component 'Replace' has an empty pattern");
    }
  }

  void apply(std::string& text, bool& at_start) const override {
    std::string out;
    const std::string_view view = text;
    size_t copied = 0;
    bool any = false;
    const auto found = [&](size_t begin, size_t end) {
      if (begin == 0 && end > 0 && content_.empty()) at_start = false;
      if (!any) out.reserve(text.size() + text.size() / 2);
      any = true;
      out.append(view, copied, begin - copied).append(content_);
      check_growth(text.size(), out.size());
      copied = end;
    };
    if (regex_) {
      regex_->for_each_match(view, found);
    } else {
      for (size_t at = 0; (at = view.find(literal_, at)) != view.npos; at += literal_.size())
        found(at, at + literal_.size());
    }
    if (!any) return;
    out.append(view, copied);
    text = std::move(out);
  }

 private:
  std::string content_, literal_;
  std::optional<Regex> regex_;
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

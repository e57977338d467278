/// Replaces every match of a string or of a simple regular expression.
#include "eida/core/utf8.h"
#include "normalizer.h"
#include "simple_pattern.h"
#include "text_length.h"
#include "unicode.h"

namespace eida::text {
namespace {

class Replace : public Normalizer {
 public:
  explicit Replace(const Component& component) : content_(component.text("content")) {
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
      check_length(out.size());
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

std::unique_ptr<const Normalizer> make_replace_normalizer(const Component& component) {
  return std::make_unique<Replace>(component);
}

}  // namespace eida::text

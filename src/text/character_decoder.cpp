/// Decoders that replace or remove characters: Metaspace, Replace, Strip, BPEDecoder.
#include "decoder.h"
#include "text_length.h"
#include "unicode.h"

namespace eida::text {
namespace {

class Metaspace : public Decoder {
 public:
  explicit Metaspace(const Component& component)
      : replacement_(component.text("replacement", "▁")),
        prepended_(component.text("prepend_scheme",
                                  component.flag("add_prefix_space", true) ? "always" : "never") !=
                   "never") {
    if (replacement_.empty()) component.fail("key 'replacement' is empty");
  }

  void apply(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i)
      replace_all(tokens[i], replacement_, i > 0 || !prepended_ ? " " : "");
  }

 private:
  std::string replacement_;
  bool prepended_;
};

class Replace : public Decoder {
 public:
  explicit Replace(const Component& component) : content_(component.text("content")) {
    const Component pattern = component.child("pattern");
    if (!pattern.has("String"))
      component.fail("component 'Replace' with a regular expression is not supported");
    from_ = pattern.text("String");
    if (from_.empty()) component.fail("component 'Replace' has an empty pattern");
  }

  void apply(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) {
      std::string out;
      size_t copied = 0;
      for (size_t at = 0; (at = token.find(from_, copied)) != std::string::npos;) {
        out.append(token, copied, at - copied).append(content_);
        check_length(out.size());
        copied = at + from_.size();
      }
      if (copied > 0) token = out.append(token, copied);
    }
  }

 private:
  std::string content_, from_;
};

/// Removes up to `start` and `stop` of one character at the ends of every token.
class Strip : public Decoder {
 public:
  explicit Strip(const Component& component)
      : content_(component.text("content")),
        start_(component.id("start")),
        stop_(component.id("stop")) {
    if (content_.empty()) component.fail("key 'content' is empty");
  }

  void apply(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) {
      std::string_view rest = token;
      for (int32_t i = 0; i < start_ && rest.starts_with(content_); ++i)
        rest.remove_prefix(content_.size());
      for (int32_t i = 0; i < stop_ && rest.ends_with(content_); ++i)
        rest.remove_suffix(content_.size());
      token = std::string(rest);
    }
  }

 private:
  std::string content_;
  int32_t start_, stop_;
};

}  // namespace

std::unique_ptr<const Decoder> make_character_decoder(const Component& component) {
  const std::string type = component.type();
  if (type == "Metaspace") return std::make_unique<Metaspace>(component);
  if (type == "Replace") return std::make_unique<Replace>(component);
  if (type == "Strip") return std::make_unique<Strip>(component);
  component.unsupported(
      "Sequence, ByteLevel, WordPiece, Metaspace, ByteFallback, Fuse, Strip and Replace");
}

}  // namespace eida::text

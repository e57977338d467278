#include "decoder.h"

#include <charconv>

#include "byte_alphabet.h"
#include "eida/core/utf8.h"
#include "normalizer.h"

namespace eida::text {
namespace {

class Sequence : public Decoder {
 public:
  explicit Sequence(const Component& component) {
    for (const Component& child : component.children("decoders"))
      steps_.push_back(make_decoder(child));
  }
  void apply(std::vector<std::string>& tokens) const override {
    for (const auto& step : steps_) step->apply(tokens);
  }

 private:
  std::vector<std::unique_ptr<const Decoder>> steps_;
};

/// Bytes that are not UTF-8 become U+FFFD, as in the library.
class ByteLevel : public Decoder {
 public:
  void apply(std::vector<std::string>& tokens) const override {
    std::string bytes, repaired;
    for (const std::string& token : tokens) append_token_bytes(bytes, token);
    tokens.assign(1, std::string(repair_utf8(bytes, repaired)));
  }
};

class WordPiece : public Decoder {
 public:
  explicit WordPiece(const Component& component)
      : prefix_(component.text("prefix", "##")), cleanup_(component.flag("cleanup", true)) {}

  void apply(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      if (i > 0) {
        if (tokens[i].starts_with(prefix_)) {
          tokens[i].erase(0, prefix_.size());
        } else {
          tokens[i] = ' ' + tokens[i];
        }
      }
      if (!cleanup_) continue;
      clean_up(tokens[i]);
      replace_all(tokens[i], " do not", " don't");
    }
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

class Fuse : public Decoder {
 public:
  void apply(std::vector<std::string>& tokens) const override {
    std::string all;
    for (const std::string& token : tokens) all += token;
    tokens.clear();
    tokens.push_back(std::move(all));
  }
};

/// "<0xE2>" "<0x96>" "<0x81>" → "▁"; runs that are not UTF-8 become one U+FFFD a byte.
class ByteFallback : public Decoder {
 public:
  void apply(std::vector<std::string>& tokens) const override {
    std::vector<std::string> out;
    std::string bytes, repaired;
    const auto flush = [&] {
      if (repair_utf8(bytes, repaired).data() == bytes.data()) {
        if (!bytes.empty()) out.push_back(bytes);
      } else {
        out.insert(out.end(), bytes.size(), "\uFFFD");
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const int byte = byte_of(token); byte >= 0) {
        bytes += static_cast<char>(byte);
        continue;
      }
      flush();
      out.push_back(std::move(token));
    }
    flush();
    tokens = std::move(out);
  }

 private:
  static int byte_of(std::string_view token) {
    if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
    int value = 0;
    const char* end = token.data() + 5;
    const auto parsed = std::from_chars(token.data() + 3, end, value, 16);
    return parsed.ptr == end && value >= 0 ? value : -1;
  }
};

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

/// The normalizer of that name on every token.
class Replace : public Decoder {
 public:
  explicit Replace(const Component& component) : replace_(make_normalizer(component)) {}

  void apply(std::vector<std::string>& tokens) const override {
    bool ignored = true;
    for (std::string& token : tokens) replace_->apply(token, ignored);
  }

 private:
  std::unique_ptr<const Normalizer> replace_;
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

std::unique_ptr<const Decoder> make_decoder(const Component& component) {
  const std::string type = component.type();
  if (type == "Sequence") return std::make_unique<Sequence>(component);
  if (type == "ByteLevel") return std::make_unique<ByteLevel>();
  if (type == "WordPiece") return std::make_unique<WordPiece>(component);
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  if (type == "Metaspace") return std::make_unique<Metaspace>(component);
  if (type == "Strip") return std::make_unique<Strip>(component);
  if (type != "Replace") {
    component.unsupported(
        "Sequence, ByteLevel, WordPiece, Metaspace, ByteFallback, Fuse, Strip and Replace");
  }
  return std::make_unique<Replace>(component);
}

void clean_up(std::string& text) {
  for (const char* mark : {" .", " ?", " !", " ,"}) replace_all(text, mark, mark + 1);
  replace_all(text, " ' ", "'");
  for (const char* ending : {" n't", " 'm", " 's", " 've", " 're"})
    replace_all(text, ending, ending + 1);
}

}  // namespace eida::text

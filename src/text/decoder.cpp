#include "decoder.h"

#include <charconv>

#include "byte_alphabet.h"
#include "unicode.h"

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
      if (cleanup_) clean(tokens[i]);
    }
  }

 private:
  static void clean(std::string& text) {
    for (const char* mark : {" .", " ?", " !", " ,"}) replace_all(text, mark, mark + 1);
    replace_all(text, " ' ", "'");
    replace_all(text, " n't", "n't");
    replace_all(text, " 'm", "'m");
    replace_all(text, " do not", " don't");
    for (const char* ending : {" 's", " 've", " 're"}) replace_all(text, ending, ending + 1);
  }

  std::string prefix_;
  bool cleanup_;
};

class Fuse : public Decoder {
 public:
  void apply(std::vector<std::string>& tokens) const override {
    std::string all;
    for (const std::string& token : tokens) all += token;
    tokens.assign(1, std::move(all));
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

}  // namespace

std::unique_ptr<const Decoder> make_decoder(const Component& component) {
  const std::string type = component.type();
  if (type == "Sequence") return std::make_unique<Sequence>(component);
  if (type == "ByteLevel") return std::make_unique<ByteLevel>();
  if (type == "WordPiece") return std::make_unique<WordPiece>(component);
  if (type == "Fuse") return std::make_unique<Fuse>();
  if (type == "ByteFallback") return std::make_unique<ByteFallback>();
  return make_character_decoder(component);
}

}  // namespace eida::text

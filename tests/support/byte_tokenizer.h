/// A tokenizer that needs no files.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "eida/data/tokenize.h"

namespace eida::testing {

inline constexpr int32_t kEnd = 256, kBegin = 257;

/// One id a byte; <s> … <|endoftext|> around a text, or nothing; a pair's second text has type 1.
/// Truncation cuts the longest text.
class ByteTokenizer : public Tokenizer {
 public:
  explicit ByteTokenizer(bool around = true) : around_(around) {}
  Encoding encode(std::string_view text, const EncodeOptions& options) const override {
    return build(text, std::nullopt, options);
  }
  Encoding encode_pair(std::string_view first, std::string_view second,
                       const EncodeOptions& options) const override {
    return build(first, second, options);
  }
  std::string decode(const std::vector<int32_t>& ids, bool) const override {
    std::string text;
    for (const int32_t id : ids) text += id < 256 ? std::string(1, static_cast<char>(id)) : "";
    return text;
  }
  int64_t vocab_size() const override { return 258; }
  int32_t token_to_id(std::string_view token) const override {
    return token == "<|endoftext|>" ? kEnd : token == "<s>" ? kBegin : -1;
  }

 private:
  Encoding build(std::string_view first, std::optional<std::string_view> second,
                 EncodeOptions options) const {
    options.add_special_tokens = options.add_special_tokens && around_;
    std::string_view a = first, b = second.value_or("");
    const size_t special = options.add_special_tokens ? (second ? 3 : 2) : 0;
    const auto limit = static_cast<size_t>(options.max_length);
    while (limit > 0 && a.size() + b.size() + special > limit)
      (a.size() >= b.size() ? a : b).remove_suffix(1);
    Encoding result;
    const auto add = [&result](int32_t id, int32_t type) {
      result.ids.push_back(id);
      result.type_ids.push_back(type);
    };
    if (options.add_special_tokens) add(kBegin, 0);
    for (const char c : a) add(static_cast<unsigned char>(c), 0);
    if (options.add_special_tokens) add(kEnd, 0);
    if (!second) return result;
    for (const char c : b) add(static_cast<unsigned char>(c), 1);
    if (options.add_special_tokens) add(kEnd, 1);
    return result;
  }

  bool around_;
};

inline ExampleTokenizer byte_tokenizer(TaskKind kind, int64_t max_length = 0, int threads = 1) {
  TokenizeOptions options;
  options.max_length = max_length;
  options.threads = threads;
  return {std::make_shared<ByteTokenizer>(kind == TaskKind::kClassification), kind, options};
}

}  // namespace eida::testing

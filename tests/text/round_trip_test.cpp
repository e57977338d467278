#include <rapidcheck.h>

#include "eida/core/utf8.h"
#include "text/golden_tokenizers.h"

namespace eida {
namespace {

using testing::TempDir;

std::string text_of(const std::vector<uint32_t>& numbers) {
  std::string text;
  for (const uint32_t number : numbers) {
    const uint32_t c = number % 4 == 0 ? number / 4 % 0x110000 : number / 4 % 0x250;
    append_utf8(text, c >= 0xD800 && c < 0xE000 ? U' ' : c);
  }
  return text;
}

void check(const std::function<void()>& property) { ASSERT_TRUE(rc::check(property)); }

TEST(ByteLevelBpe, DecodingGivesTheTextBack) {
  const TempDir dir;
  const auto tokenizer = testing::load_golden(dir.path(), "gpt2");
  check([&] {
    const std::string text = text_of(*rc::gen::arbitrary<std::vector<uint32_t>>());
    EncodeOptions options;
    options.add_special_tokens = false;
    RC_ASSERT(tokenizer->decode(tokenizer->encode(text, options).ids, false) == text);
  });
}

TEST(ByteLevelBpe, BytesThatAreNotUtf8AreReplaced) {
  const TempDir dir;
  const auto tokenizer = testing::load_golden(dir.path(), "gpt2");
  check([&] {
    const auto bytes = *rc::gen::arbitrary<std::string>();
    std::string storage;
    const std::string repaired(repair_utf8(bytes, storage));
    RC_ASSERT(tokenizer->encode(bytes).ids == tokenizer->encode(repaired).ids);
    RC_ASSERT(tokenizer->decode(tokenizer->encode(bytes).ids, false) == repaired);
  });
}

TEST(Tokenizer, AnyBytesGiveIdsOfTheVocabulary) {
  const TempDir dir;
  for (const std::string& name : testing::kGoldenTokenizers) {
    const auto tokenizer = testing::load_golden(dir.path(), name);
    check([&] {
      const Encoding encoding = tokenizer->encode(*rc::gen::arbitrary<std::string>());
      RC_ASSERT(encoding.type_ids.size() == encoding.ids.size());
      for (const int32_t id : encoding.ids) RC_ASSERT(id >= 0 && id < tokenizer->vocab_size());
    });
  }
}

TEST(Tokenizer, TruncationKeepsAPrefixOfTheText) {
  const TempDir dir;
  const auto tokenizer = testing::load_golden(dir.path(), "roberta");
  check([&] {
    const std::string text = text_of(*rc::gen::arbitrary<std::vector<uint32_t>>());
    EncodeOptions options;
    const auto whole = tokenizer->encode(text, options).ids;
    options.max_length = *rc::gen::inRange<int64_t>(2, 30);
    auto cut = tokenizer->encode(text, options).ids;
    RC_ASSERT(static_cast<int64_t>(cut.size()) ==
              std::min<int64_t>(options.max_length, static_cast<int64_t>(whole.size())));
    RC_ASSERT(cut.back() == whole.back());
    cut.pop_back();
    RC_ASSERT(std::equal(cut.begin(), cut.end(), whole.begin()));
  });
}

}  // namespace
}  // namespace eida

#include <algorithm>

#include "text/golden_tokenizers.h"

namespace eida {
namespace {

using nlohmann::json;
using testing::TempDir;

EncodeOptions options_of(const json& request) {
  EncodeOptions options;
  options.max_length = request.value("max_length", 0);
  options.add_special_tokens = request.value("special", true);
  return options;
}

class GoldenTokenizer : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenTokenizer, EncodesAsTheLibraryDoes) {
  const TempDir dir;
  const json golden = testing::golden_tokenizer(GetParam());
  const auto tokenizer = testing::load_text(dir.path(), golden["tokenizer"].dump());
  ASSERT_GT(golden["encode"].size(), 100u);
  for (const json& request : golden["encode"]) {
    const std::string text = request["text"];
    const Encoding encoding =
        request.contains("pair")
            ? tokenizer->encode_pair(text, request["pair"].get<std::string>(), options_of(request))
            : tokenizer->encode(text, options_of(request));
    EXPECT_EQ(encoding.ids, request["ids"].get<std::vector<int32_t>>()) << request;
    EXPECT_EQ(encoding.type_ids, request["type_ids"].get<std::vector<int32_t>>()) << request;
  }
}

TEST_P(GoldenTokenizer, DecodesAsTheLibraryDoes) {
  const TempDir dir;
  const json golden = testing::golden_tokenizer(GetParam());
  const auto tokenizer = testing::load_text(dir.path(), golden["tokenizer"].dump());
  for (const json& request : golden["decode"]) {
    EXPECT_EQ(tokenizer->decode(request["ids"], request["skip"]),
              request["text"].get<std::string>())
        << request;
  }
}

TEST_P(GoldenTokenizer, KnowsItsTokens) {
  const TempDir dir;
  const json document = testing::golden_tokenizer(GetParam())["tokenizer"];
  const auto tokenizer = testing::load_text(dir.path(), document.dump());
  int64_t largest = 0;
  for (const json& token : document["added_tokens"]) {
    EXPECT_EQ(tokenizer->token_to_id(token["content"].get<std::string>()), token["id"]) << token;
    largest = std::max<int64_t>(largest, token["id"]);
  }
  EXPECT_GT(tokenizer->vocab_size(), largest);
  EXPECT_EQ(tokenizer->token_to_id("no such token"), -1);
}

INSTANTIATE_TEST_SUITE_P(All, GoldenTokenizer, ::testing::ValuesIn(testing::kGoldenTokenizers),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(Tokenizer, BatchIsTheSameForAnyNumberOfThreads) {
  const TempDir dir;
  for (const std::string& name : testing::kGoldenTokenizers) {
    const auto tokenizer = testing::load_golden(dir.path(), name);
    const json golden = testing::golden_tokenizer(name);
    std::vector<std::string> texts;
    for (int i = 0; i < 40; ++i) {
      for (const json& request : golden["encode"])
        texts.push_back(request["text"].get<std::string>() + std::to_string(i * 37 % 11));
    }
    const std::vector<std::string_view> views(texts.begin(), texts.end());
    ASSERT_GT(views.size(), 4000u);
    const auto one = tokenizer->encode_batch(views);
    ASSERT_EQ(one.size(), texts.size());
    for (const int threads : {0, 2, 5}) {
      const auto several = tokenizer->encode_batch(views, {}, threads);
      ASSERT_EQ(several.size(), one.size());
      for (size_t i = 0; i < one.size(); ++i)
        ASSERT_EQ(several[i].ids, one[i].ids)
            << name << ", text " << i << ", " << threads << " threads";
    }
  }
}

TEST(Tokenizer, NoRoomForSpecialTokensIsAnError) {
  const TempDir dir;
  const auto tokenizer = testing::load_golden(dir.path(), "roberta");
  EncodeOptions options;
  options.max_length = 1;
  EXPECT_THROW(tokenizer->encode("a", options), ConfigError);
  EXPECT_THROW(tokenizer->encode_batch({"a", "b"}, options, 2), ConfigError);
  options.add_special_tokens = false;
  EXPECT_EQ(tokenizer->encode("a b c", options).ids.size(), 1u);
}

TEST(Tokenizer, SpecialTokensOfTheTemplateAreKeptWhenTruncating) {
  const TempDir dir;
  const auto tokenizer = testing::load_golden(dir.path(), "roberta");
  EncodeOptions options;
  options.max_length = 4;
  const auto ids = tokenizer->encode_pair("a long first text", "a longer second text", options).ids;
  EXPECT_EQ(ids, (std::vector<int32_t>{0, 2, 2, 2}));
}

TEST(Tokenizer, LongWordsAreMergedAsShortOnesAre) {
  // Far past the length where scanning gives way to the heap; a quadratic algorithm would not end.
  const TempDir dir;
  const auto tokenizer = testing::load_golden(dir.path(), "gpt2");
  const std::string unit = "theandingth";
  std::string text;
  while (text.size() < 1'000'000) text += unit;
  const auto ids = tokenizer->encode(text).ids;
  EXPECT_LT(ids.size(), text.size());
  EXPECT_EQ(tokenizer->decode(ids), text);
}

TEST(Tokenizer, AMergeIntoTokenZeroIsNotTakenForTheEndOfALongWord) {
  const testing::TempDir dir;
  const auto tokenizer = testing::load_text(
      dir.path(), R"({"model": {"type": "BPE", "vocab": {"xy": 0, "x": 1, "y": 2, "z": 3, "yz": 4,
                      "xyz": 5}, "merges": ["y z", "x yz", "x y"]}})");
  std::vector<int32_t> wanted(38, 1);
  wanted.push_back(5);
  EXPECT_EQ(tokenizer->encode(std::string(38, 'x') + "xyz").ids, wanted);
}

TEST(Tokenizer, AFolderWithoutTokenizerFilesIsAnError) {
  const TempDir dir;
  EXPECT_THROW(load_tokenizer(dir.path()), FormatError);
  EXPECT_THROW(load_tokenizer(dir.path() / "nowhere"), DataError);
}

}  // namespace
}  // namespace eida

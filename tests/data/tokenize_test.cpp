#include "eida/data/tokenize.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "data/reader_fixture.h"

namespace eida {
namespace {

using testing::holds;
using TokenizeFiles = testing::ReaderTest;

constexpr int32_t kEnd = 256, kBegin = 257;

/// One id a byte; <s> … <|endoftext|> around a text; a pair's second text has type 1. Truncation
/// cuts the longest text.
class ByteTokenizer : public Tokenizer {
 public:
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
  static Encoding build(std::string_view first, std::optional<std::string_view> second,
                        const EncodeOptions& options) {
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
};

ExampleTokenizer tokenizer(TaskKind kind, int64_t max_length = 0, int threads = 1) {
  TokenizeOptions options;
  options.max_length = max_length;
  options.threads = threads;
  return {std::make_shared<ByteTokenizer>(), kind, options};
}

TEST(Completions, FollowTheRecipe) {
  const auto example = tokenizer(TaskKind::kCompletion).tokenize({"ab", "c", -1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{'a', 'b', kEnd, ' ', 'c', kEnd}));
  EXPECT_EQ(example.context_length, 3);  // the first end token is context
  EXPECT_EQ(example.type_ids, std::vector<int32_t>(6, 0));
  EXPECT_EQ(example.label, -1);
}

TEST(Completions, WithoutAPromptTheContextIsTheSeparator) {
  const auto example = tokenizer(TaskKind::kCompletion).tokenize({"", "c", -1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{kEnd, ' ', 'c', kEnd}));
  EXPECT_EQ(example.context_length, 1);
}

TEST(Completions, PromptOfGenerationIsTheContext) {
  EXPECT_EQ(tokenizer(TaskKind::kCompletion).tokenize_prompt("ab"),
            (std::vector<int32_t>{'a', 'b', kEnd}));
  EXPECT_THROW(tokenizer(TaskKind::kClassification).tokenize_prompt("ab"), Error);
}

TEST(Completions, TruncationDropsTheEndOfTheTarget) {
  const auto example = tokenizer(TaskKind::kCompletion, 5).tokenize({"ab", "cd", -1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{'a', 'b', kEnd, ' ', 'c'}));
  EXPECT_EQ(example.context_length, 3);
}

TEST(Completions, WithoutLabelledTokenAnExampleIsSkippedAndCounted) {
  const auto data = make_dataset({{"long context", "x", -1}, {"ab", "cd", -1}, {"a", "b", -1}},
                                 TaskKind::kCompletion);
  const auto set = tokenizer(TaskKind::kCompletion, 5).tokenize_all(*data);
  EXPECT_EQ(set.skipped, 1);
  EXPECT_EQ(set.truncated, 2);  // the first, which is then skipped, and the second
  EXPECT_EQ(set.source, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(set.lengths(), (std::vector<int64_t>{5, 5}));
  EXPECT_THROW(tokenizer(TaskKind::kCompletion, 5).tokenize({"long context", "x", -1}), DataError);
  EXPECT_THROW(tokenizer(TaskKind::kCompletion, 1).tokenize_all(*data), DataError);
}

TEST(Completions, FilesWithoutReferencesAreRefused) {
  const auto data = make_dataset({{"a", "", -1}}, TaskKind::kCompletion);
  try {
    tokenizer(TaskKind::kCompletion).tokenize_all(*data);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(holds(error.what(), "has no completions"));
  }
}

TEST(Completions, NeedTheEndToken) {
  TokenizeOptions options;
  options.end = "</s>";
  EXPECT_THROW(ExampleTokenizer(std::make_shared<ByteTokenizer>(), TaskKind::kCompletion, options),
               FormatError);
  options.max_length = -1;
  EXPECT_THROW(
      ExampleTokenizer(std::make_shared<ByteTokenizer>(), TaskKind::kClassification, options),
      ConfigError);
}

TEST(Classification, HasSpecialTokensAndTheLabel) {
  const auto example = tokenizer(TaskKind::kClassification).tokenize({"ab ", "", 1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{kBegin, 'a', 'b', ' ', kEnd}));
  EXPECT_EQ(example.label, 1);
  EXPECT_EQ(example.context_length, 0);
}

TEST(Classification, PairsKeepTypesAndTruncateTheLongest) {
  const auto whole = tokenizer(TaskKind::kClassification).tokenize({"a", "b", 0});
  EXPECT_EQ(whole.type_ids, (std::vector<int32_t>{0, 0, 0, 1, 1}));
  const auto cut = tokenizer(TaskKind::kClassification, 6).tokenize({"abcd", "x", 0});
  EXPECT_EQ(cut.ids, (std::vector<int32_t>{kBegin, 'a', 'b', kEnd, 'x', kEnd}));
}

TEST(Classification, TruncationKeepsSpecialTokensAndIsCounted) {
  const auto data = make_dataset({{"abcdef", "", 0}, {"abc", "", 0}, {"a", "", 0}},
                                 TaskKind::kClassification, {"x"});
  const auto set = tokenizer(TaskKind::kClassification, 5).tokenize_all(*data);
  EXPECT_EQ(set.truncated, 1);
  EXPECT_EQ(set.skipped, 0);
  EXPECT_EQ(set.examples[0].ids, (std::vector<int32_t>{kBegin, 'a', 'b', 'c', kEnd}));
}

TEST(Classification, UnlabelledExamplesAreTokenizedToo) {
  EXPECT_EQ(tokenizer(TaskKind::kClassification).tokenize({"a", "", -1}).label, -1);
}

TEST(TokenizeAll, GivenIndicesKeepTheirOrderForAnyNumberOfThreads) {
  std::vector<TextExample> examples;
  for (int i = 0; i < 9000; ++i) examples.push_back({"text " + std::to_string(i), "", i % 2});
  const auto data = make_dataset(examples, TaskKind::kClassification, {"0", "1"});
  std::vector<int64_t> indices;
  for (int64_t i = 8999; i >= 0; i -= 2) indices.push_back(i);
  const auto one = tokenizer(TaskKind::kClassification).tokenize_all(*data, indices);
  const auto two = tokenizer(TaskKind::kClassification, 0, 2).tokenize_all(*data, indices);
  EXPECT_EQ(one.source, indices);
  ASSERT_EQ(one.examples.size(), indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    EXPECT_EQ(one.examples[i].ids, two.examples[i].ids);
    EXPECT_EQ(one.examples[i].label, indices[i] % 2);
  }
}

TEST_F(TokenizeFiles, BrokenRowsNameTheirLine) {
  ReaderOptions options = testing::task_options(DataTask::kSst2);
  options.check_bytes = 0;
  const auto data = open("a.tsv", "sentence\tlabel\nok\t1\nbad\tx\n", options);
  try {
    tokenizer(TaskKind::kClassification).tokenize_all(*data);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(holds(error.what(), "a.tsv:3: label 'x'"));
  }
}

}  // namespace
}  // namespace eida

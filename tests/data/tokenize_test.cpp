#include "eida/data/tokenize.h"

#include <gtest/gtest.h>

#include <string>

#include "data/reader_fixture.h"
#include "support/byte_tokenizer.h"

namespace eida {
namespace {

using testing::holds;
using TokenizeFiles = testing::ReaderTest;

using testing::byte_tokenizer;
using testing::ByteTokenizer;
using testing::kBegin;
using testing::kEnd;

TEST(Completions, FollowTheRecipe) {
  const auto example = byte_tokenizer(TaskKind::kCompletion).tokenize({"ab", "c", -1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{'a', 'b', kEnd, ' ', 'c', kEnd}));
  EXPECT_EQ(example.context_length, 3);  // the first end token is context
  EXPECT_EQ(example.type_ids, std::vector<int32_t>(6, 0));
  EXPECT_EQ(example.label, -1);
}

TEST(Completions, GetOneSpaceAtMost) {
  EXPECT_EQ(byte_tokenizer(TaskKind::kCompletion).tokenize({"ab", " c", -1}).ids,
            (std::vector<int32_t>{'a', 'b', kEnd, ' ', 'c', kEnd}));
}

TEST(Completions, WithoutAPromptTheContextIsTheSeparator) {
  const auto example = byte_tokenizer(TaskKind::kCompletion).tokenize({"", "c", -1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{kEnd, ' ', 'c', kEnd}));
  EXPECT_EQ(example.context_length, 1);
}

TEST(Completions, PromptOfGenerationIsTheContext) {
  EXPECT_EQ(byte_tokenizer(TaskKind::kCompletion).tokenize_prompt("ab"),
            (std::vector<int32_t>{'a', 'b', kEnd}));
  EXPECT_THROW(byte_tokenizer(TaskKind::kClassification).tokenize_prompt("ab"), Error);
}

TEST(Completions, TruncationDropsTheEndOfTheTarget) {
  const auto example = byte_tokenizer(TaskKind::kCompletion, 5).tokenize({"ab", "cd", -1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{'a', 'b', kEnd, ' ', 'c'}));
  EXPECT_EQ(example.context_length, 3);
}

TEST(Completions, BeginAsTheTemplateDoesAndAreSeparatedByTheGivenText) {
  const auto row = [](const std::string& separator, const TextExample& text) {
    TokenizeOptions options;
    options.separator = separator;
    return ExampleTokenizer(std::make_shared<ByteTokenizer>(), TaskKind::kCompletion, options)
        .tokenize(text)
        .ids;
  };
  using Ids = std::vector<int32_t>;
  EXPECT_EQ(row("", {"a", "b", -1}), (Ids{kBegin, 'a', kEnd, ' ', 'b', kEnd}));
  EXPECT_EQ(row("\n", {"a", "b", -1}), (Ids{kBegin, 'a', '\n', 'b', kEnd}));
  EXPECT_EQ(row("=", {"a", "b", -1}), (Ids{kBegin, 'a', '=', ' ', 'b', kEnd}));
  EXPECT_EQ(row("=", {"a", " b", -1}), (Ids{kBegin, 'a', '=', ' ', 'b', kEnd}));
}

TEST(Completions, WithoutLabelledTokenAnExampleIsSkippedAndCounted) {
  const auto data = make_dataset({{"long context", "x", -1}, {"ab", "cd", -1}, {"a", "b", -1}},
                                 TaskKind::kCompletion);
  const auto set = byte_tokenizer(TaskKind::kCompletion, 5).tokenize_all(*data);
  EXPECT_EQ(set.skipped, 1);
  EXPECT_EQ(set.truncated, 2);  // the first, which is then skipped, and the second
  EXPECT_EQ(set.source, (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(set.lengths(), (std::vector<int64_t>{5, 5}));
  EXPECT_THROW(byte_tokenizer(TaskKind::kCompletion, 5).tokenize({"long context", "x", -1}),
               DataError);
  EXPECT_THROW(byte_tokenizer(TaskKind::kCompletion, 1).tokenize_all(*data), DataError);
}

TEST(Completions, FilesWithoutReferencesAreRefused) {
  const auto data = make_dataset({{"a", "", -1}}, TaskKind::kCompletion);
  try {
    byte_tokenizer(TaskKind::kCompletion).tokenize_all(*data);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(holds(error.what(), "has no completions"));
  }
}

TEST(Completions, NeedTheEndToken) {
  TokenizeOptions options;
  options.end_tokens = {100'000};
  EXPECT_THROW(ExampleTokenizer(std::make_shared<ByteTokenizer>(), TaskKind::kCompletion, options),
               FormatError);
  options.max_length = -1;
  EXPECT_THROW(
      ExampleTokenizer(std::make_shared<ByteTokenizer>(), TaskKind::kClassification, options),
      ConfigError);
}

TEST(Classification, HasSpecialTokensAndTheLabel) {
  const auto example = byte_tokenizer(TaskKind::kClassification).tokenize({"ab ", "", 1});
  EXPECT_EQ(example.ids, (std::vector<int32_t>{kBegin, 'a', 'b', ' ', kEnd}));
  EXPECT_EQ(example.label, 1);
  EXPECT_EQ(example.context_length, 0);
}

TEST(Classification, PairsKeepTypesAndTruncateTheLongest) {
  const auto whole = byte_tokenizer(TaskKind::kClassification).tokenize({"a", "b", 0});
  EXPECT_EQ(whole.type_ids, (std::vector<int32_t>{0, 0, 0, 1, 1}));
  const auto cut = byte_tokenizer(TaskKind::kClassification, 6).tokenize({"abcd", "x", 0});
  EXPECT_EQ(cut.ids, (std::vector<int32_t>{kBegin, 'a', 'b', kEnd, 'x', kEnd}));
}

TEST(Classification, AnEmptyTextOfAPairIsAPart) {
  const auto tokenizer = byte_tokenizer(TaskKind::kClassification);
  const auto second = tokenizer.tokenize({"a", "", 0, true});
  const auto first = tokenizer.tokenize({"", "a", 0});
  EXPECT_EQ(second.ids, (std::vector<int32_t>{kBegin, 'a', kEnd, kEnd}));
  EXPECT_EQ(second.type_ids, (std::vector<int32_t>{0, 0, 0, 1}));
  EXPECT_EQ(first.ids, (std::vector<int32_t>{kBegin, kEnd, 'a', kEnd}));
  const auto set = tokenizer.tokenize_all(
      *make_dataset({{"a", "", 0, true}, {"a", "b", 0, true}}, TaskKind::kClassification, {"0"}));
  EXPECT_EQ(set.examples[0].ids, second.ids);
  EXPECT_EQ(set.examples[1].ids, (std::vector<int32_t>{kBegin, 'a', kEnd, 'b', kEnd}));
}

TEST(Classification, TruncationKeepsSpecialTokensAndIsCounted) {
  const auto data = make_dataset({{"abcdef", "", 0}, {"abc", "", 0}, {"a", "", 0}},
                                 TaskKind::kClassification, {"x"});
  const auto set = byte_tokenizer(TaskKind::kClassification, 5).tokenize_all(*data);
  EXPECT_EQ(set.truncated, 1);
  EXPECT_EQ(set.skipped, 0);
  EXPECT_EQ(set.examples[0].ids, (std::vector<int32_t>{kBegin, 'a', 'b', 'c', kEnd}));
}

TEST(Classification, UnlabelledExamplesAreTokenizedToo) {
  EXPECT_EQ(byte_tokenizer(TaskKind::kClassification).tokenize({"a", "", -1}).label, -1);
}

TEST(TokenizeAll, GivenIndicesKeepTheirOrderForAnyNumberOfThreads) {
  std::vector<TextExample> examples;
  for (int i = 0; i < 9000; ++i) examples.push_back({"text " + std::to_string(i), "", i % 2});
  const auto data = make_dataset(examples, TaskKind::kClassification, {"0", "1"});
  std::vector<int64_t> indices;
  for (int64_t i = 8999; i >= 0; i -= 2) indices.push_back(i);
  const auto one = byte_tokenizer(TaskKind::kClassification).tokenize_all(*data, indices);
  const auto two = byte_tokenizer(TaskKind::kClassification, 0, 2).tokenize_all(*data, indices);
  EXPECT_EQ(one.source, indices);
  ASSERT_EQ(one.examples.size(), indices.size());
  for (size_t i = 0; i < indices.size(); ++i) {
    EXPECT_EQ(one.examples[i].ids, two.examples[i].ids);
    EXPECT_EQ(one.examples[i].label, indices[i] % 2);
  }
}

TEST(TokenizeDrawn, DrawsOnUntilEnoughExamplesAreUsable) {
  std::vector<TextExample> examples;
  for (int i = 0; i < 100; ++i)
    examples.push_back({i % 2 == 0 ? "a" : "a long context", "x" + std::to_string(i), -1});
  const auto data = make_dataset(examples, TaskKind::kCompletion);
  const auto short_ones = byte_tokenizer(TaskKind::kCompletion, 8);
  const auto set = short_ones.tokenize_drawn(*data, 20, Rng(1, "examples"));
  ASSERT_EQ(set.examples.size(), 20u);
  Rng rng(1, "examples");
  std::vector<int64_t> wanted;  // the usable ones among all, in the order of the draw
  for (const int64_t i : rng.permutation(100)) {
    if (i % 2 == 0 && wanted.size() < 20) wanted.push_back(i);
  }
  EXPECT_EQ(set.source, wanted);
  EXPECT_EQ(short_ones.tokenize_drawn(*data, 50, Rng(1, "examples")).examples.size(), 50u);
  try {
    short_ones.tokenize_drawn(*data, 51, Rng(1, "examples"));
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(holds(error.what(), "51 examples wanted, but 50 of 100 have a labelled token"));
  }
}

TEST_F(TokenizeFiles, BrokenRowsNameTheirLine) {
  ReaderOptions options = testing::task_options(TaskName::sst2);
  options.check_bytes = 0;
  const auto data = open("a.tsv", "sentence\tlabel\nok\t1\nbad\tx\n", options);
  try {
    byte_tokenizer(TaskKind::kClassification).tokenize_all(*data);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(holds(error.what(), "a.tsv:3: label 'x'"));
  }
}

TEST(Tokens, HaveToBeInTheModelsTable) {
  TokenizeOptions options;
  options.table_rows = 'c';
  const ExampleTokenizer small(std::make_shared<ByteTokenizer>(false), TaskKind::kCompletion,
                               options);
  for (const bool prompt : {false, true}) {
    try {
      prompt ? void(small.tokenize_prompt("a")) : void(small.tokenize({"a", "b", -1}));
      FAIL() << "no error";
    } catch (const DataError& error) {
      EXPECT_TRUE(holds(error.what(), "token id 256, '', is not in the model's table of 99"));
    }
  }
}

}  // namespace
}  // namespace eida

#include <gtest/gtest.h>

#include "eida/core/error.h"
#include "eida/run/open.h"
#include "programs/probe_fixture.h"

namespace eida {
namespace {

/// A folder with the byte tokenizer, whose "<|endoftext|>" is 5, and the keys of config.json.
class EndToken : public ::testing::Test {
 protected:
  void SetUp() override {
    testing::write_byte_tokenizer(dir_.path());
    config_.model.path = dir_.path();
    config_.data.max_length = 144;
  }
  ExampleTokenizer open(nlohmann::json keys) const {
    keys.update({{"model_type", "gpt2"}, {"vocab_size", 50304}});
    write_file_atomic(dir_.path() / "config.json", keys.dump());
    return open_example_tokenizer(config_, TaskKind::kCompletion, 1);
  }

  testing::TempDir dir_;
  Config config_;
};

TEST_F(EndToken, IsTheTokenizersWhereTheConfigurationNamesNone) {
  const auto tokenizer = open(nlohmann::json::object());  // of a table that is padded: not its last
  EXPECT_EQ(tokenizer.end_tokens(), std::vector<int32_t>{5});
  EXPECT_EQ(tokenizer.tokenize({"a", "b", -1}).ids.back(), 5);
}

TEST_F(EndToken, EndsTrainingTextsAndPromptsAsTheConfigurationSays) {
  const auto tokenizer = open({{"eos_token_id", 2}});
  EXPECT_EQ(tokenizer.end_tokens(), std::vector<int32_t>{2});
  EXPECT_EQ(tokenizer.tokenize({"a", "b", -1}).ids.back(), 2);
  EXPECT_EQ(tokenizer.tokenize_prompt("a").back(), 5);  // the separator
  EXPECT_THROW(open({{"eos_token_id", 50303}}), FormatError);
}

TEST_F(EndToken, SeveralEndOutputsAndTheFirstEndsRows) {
  write_file_atomic(dir_.path() / "generation_config.json", R"({"eos_token_id": [3, 2]})");
  const auto tokenizer = open({{"eos_token_id", {2, 4}}});
  EXPECT_EQ(tokenizer.end_tokens(), (std::vector<int32_t>{2, 4, 3}));
  EXPECT_EQ(tokenizer.tokenize({"a", "b", -1}).ids.back(), 2);
  EXPECT_EQ(open(nlohmann::json::object()).end_tokens(), (std::vector<int32_t>{3, 2}));
}

TEST_F(EndToken, TheTextBetweenIsTheConfigurations) {
  config_.data.separator = "\n";
  const auto tokenizer = open({{"eos_token_id", 2}});
  const auto ids = [&](const char* text) {
    return tokenizer.tokenizer().encode(text, {.add_special_tokens = false}).ids;
  };
  EXPECT_EQ(tokenizer.tokenize_prompt("a"), ids("a\n"));
  EXPECT_EQ(tokenizer.tokenize({"a", "b", -1}).context_length, 2);
  auto wanted = ids("a\nb");
  wanted.push_back(2);
  EXPECT_EQ(tokenizer.tokenize({"a", "b", -1}).ids, wanted);
}

}  // namespace
}  // namespace eida

#include "eida/generation/generate.h"

#include <gtest/gtest.h>

#include <csignal>

#include "eida/core/error.h"
#include "eida/core/signals.h"
#include "support/file_helpers.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using testing::message_of;

class Generate : public ::testing::Test {
 protected:
  Generate() : model_(testing::tiny_model(dir_.path(), TaskKind::kCompletion)) {
    for (const auto& example : testing::tiny_examples(12, TaskKind::kCompletion))
      prompts_.push_back(example.ids);
    options_.beams = 4;
    options_.max_new_tokens = 12;
  }

  testing::TempDir dir_;
  std::unique_ptr<PretrainedModel> model_;
  std::vector<std::vector<int32_t>> prompts_;
  GenerateOptions options_;
};

TEST_F(Generate, NeighboursDoNotMatter) {
  const auto together = generate(*model_, prompts_, options_);
  for (size_t i = 0; i < prompts_.size(); ++i) {
    const auto alone = generate(*model_, {prompts_[i]}, options_);
    EXPECT_EQ(alone[0].tokens, together[i].tokens) << "prompt " << i;
    EXPECT_NEAR(alone[0].score, together[i].score, 1e-5);
  }
}

TEST_F(Generate, MemoryStaysWithinMaxBatchTokens) {
  GenerateStatistics free, bounded;
  const auto wanted = generate(*model_, prompts_, options_, &free);
  // The longest prompt has 17 tokens, and needs 17 + 4 * 11 slots.
  options_.max_batch_tokens = 70;
  const auto got = generate(*model_, prompts_, options_, &bounded);
  EXPECT_LE(bounded.peak_tokens, 70);
  EXPECT_GT(free.peak_tokens, 70);
  EXPECT_GT(bounded.passes, free.passes);
  for (size_t i = 0; i < prompts_.size(); ++i) EXPECT_EQ(got[i].tokens, wanted[i].tokens);
}

TEST_F(Generate, BeamsShareTheirPast) {
  GenerateStatistics statistics;
  generate(*model_, {prompts_[0]}, options_, &statistics);
  const auto prompt = static_cast<int64_t>(prompts_[0].size());
  EXPECT_GE(statistics.peak_tokens, prompt + options_.max_new_tokens - 1);
  EXPECT_LT(statistics.peak_tokens, prompt + options_.beams * (options_.max_new_tokens - 1));
}

TEST_F(Generate, ProgressAddsUp) {
  int64_t prompts = 0, tokens = 0;
  options_.max_batch_tokens = 150;
  options_.progress = [&](int64_t done, int64_t made) {
    prompts += done;
    tokens += made;
  };
  int64_t wanted = 0;
  for (const auto& output : generate(*model_, prompts_, options_))
    wanted += static_cast<int64_t>(output.tokens.size());
  EXPECT_EQ(prompts, 12);
  EXPECT_EQ(tokens, wanted);
}

TEST_F(Generate, SamplingDependsOnSeedAndPromptNumberOnly) {
  options_.beams = 1;
  options_.sample = true;
  options_.seed = 3;
  const auto first = generate(*model_, prompts_, options_);
  options_.max_batch_tokens = 30;  // two prompts at a time
  const auto again = generate(*model_, prompts_, options_);
  options_.seed = 4;
  const auto other = generate(*model_, prompts_, options_);
  size_t different = 0;
  for (size_t i = 0; i < prompts_.size(); ++i) {
    EXPECT_EQ(first[i].tokens, again[i].tokens);
    different += first[i].tokens != other[i].tokens ? 1 : 0;
  }
  EXPECT_GT(different, 6U);
}

TEST_F(Generate, OneTokenOfTopKIsTheGreedyChoice) {
  options_.beams = 1;
  const auto greedy = generate(*model_, prompts_, options_);
  options_.sample = true;
  options_.top_k = 1;
  const auto drawn = generate(*model_, prompts_, options_);
  for (size_t i = 0; i < prompts_.size(); ++i) EXPECT_EQ(drawn[i].tokens, greedy[i].tokens);
}

TEST_F(Generate, TrainingModeIsPutBack) {
  model_->set_training(true);
  generate(*model_, {prompts_[0]}, options_);
  EXPECT_TRUE(model_->training());
}

TEST_F(Generate, NoPromptsGiveNoResults) { EXPECT_TRUE(generate(*model_, {}, options_).empty()); }

TEST_F(Generate, SignalEndsIt) {
  install_signal_handlers();
  options_.progress = [](int64_t, int64_t) { std::raise(SIGINT); };
  EXPECT_THROW(generate(*model_, prompts_, options_), Interrupted);
  clear_interrupted();
}

TEST_F(Generate, PositionsOfTheModelAreTheLimit) {
  options_.max_new_tokens = 1000;
  options_.beams = 1;
  options_.min_length = 64;
  const auto outputs = generate(*model_, {prompts_[0]}, options_);
  EXPECT_EQ(outputs[0].tokens.size() + prompts_[0].size(), 64U);
}

TEST_F(Generate, PromptsThatCannotBeContinuedAreDataErrors) {
  const auto error = [&](std::vector<int32_t> prompt) {
    return message_of<DataError>([&] { generate(*model_, {{1}, std::move(prompt)}, options_); });
  };
  EXPECT_NE(error({}).find("prompt 1 has no tokens"), std::string::npos);
  EXPECT_NE(error({60}).find("token id 60"), std::string::npos);
  EXPECT_NE(error({-1}).find("token id -1"), std::string::npos);
  EXPECT_NE(error(std::vector<int32_t>(64, 1)).find("64 tokens"), std::string::npos);
  options_.max_new_tokens = 0;
  options_.max_length = 10;
  EXPECT_NE(error(std::vector<int32_t>(10, 1)).find("max_length"), std::string::npos);
}

TEST_F(Generate, OptionsThatContradictAreConfigErrors) {
  const auto error = [&](auto change) {
    GenerateOptions options = options_;
    change(options);
    return message_of<ConfigError>([&] { generate(*model_, prompts_, options); });
  };
  EXPECT_NE(error([](auto& o) { o.sample = true; }).find("--beams 1"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.beams = 0; }).find("generation.beams"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.temperature = 0; }).find("temperature"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.top_p = 0; }).find("top_p"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.end_tokens = {60}; }).find("end token 60"), std::string::npos);
  EXPECT_NE(error([](auto& o) { o.max_batch_tokens = 20; }).find("max_batch_tokens"),
            std::string::npos);
  EXPECT_NE(error([](auto& o) {
              o.max_new_tokens = 0;
              o.max_length = 30;
              o.min_length = 31;
            }).find("min_length"),
            std::string::npos);
}

TEST(GenerateEncoder, IsAConfigError) {
  const testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kClassification);
  const auto message = message_of<ConfigError>([&] { generate(*model, {{1}}, {}); });
  EXPECT_NE(message.find("roberta"), std::string::npos);
}

}  // namespace
}  // namespace eida

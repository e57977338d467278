#include "../../src/generation/proposals.h"

#include <ATen/ops/linear.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>

#include "../../src/generation/search.h"
#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/random_tensors.h"

namespace eida {
namespace {

using testing::random_tensor;

void expect_same(const Proposals& ours, const Proposals& theirs) {
  ASSERT_EQ(ours.size(), theirs.size());
  for (size_t m = 0; m < ours.size(); ++m) {
    ASSERT_EQ(ours[m].size(), theirs[m].size()) << "row " << m;
    for (size_t k = 0; k < ours[m].size(); ++k) {
      EXPECT_EQ(ours[m][k].token, theirs[m][k].token) << "row " << m << ", place " << k;
      // float32 products of 24 terms, and a log of 2,500 exponentials.
      EXPECT_NEAR(ours[m][k].log_probability, theirs[m][k].log_probability, 2e-5);
    }
  }
}

TEST(TopTokens, ChunksGiveWhatWholeRowsGive) {
  for (const int64_t rows : {1, 16, 37}) {
    for (const int64_t vocabulary : {5, 1024, 2500}) {
      const HeadInput input{random_tensor({rows, 24}, 1), random_tensor({vocabulary, 24}, 2)};
      const int64_t count = std::min<int64_t>(20, vocabulary);
      expect_same(top_tokens(input, count, {}),
                  top_tokens_of_logits(at::linear(input.hidden, input.table), count, {}));
    }
  }
}

TEST(TopTokens, BannedTokensAreLeftOutAndCountInTheSum) {
  const HeadInput input{random_tensor({3, 24}, 1), random_tensor({2000, 24}, 2)};
  const Proposals all = top_tokens(input, 4, {});
  BannedTokens banned(3);
  banned[1] = {std::min(all[1][0].token, all[1][2].token),
               std::max(all[1][0].token, all[1][2].token)};
  const Proposals some = top_tokens(input, 2, banned);
  EXPECT_EQ(some[0][0].token, all[0][0].token);
  EXPECT_EQ(some[1][0].token, all[1][1].token);
  EXPECT_EQ(some[1][1].token, all[1][3].token);
  EXPECT_FLOAT_EQ(some[1][0].log_probability, all[1][1].log_probability);
  expect_same(some, top_tokens_of_logits(at::linear(input.hidden, input.table), 2, banned));
}

TEST(TopTokens, BFloat16IsRead) {
  const HeadInput input{random_tensor({5, 24}, 1).to(at::kBFloat16),
                        random_tensor({1500, 24}, 2).to(at::kBFloat16)};
  const at::Tensor logits = at::linear(input.hidden, input.table).to(at::kFloat);
  const Proposals proposals = top_tokens(input, 1, {});
  for (int64_t m = 0; m < 5; ++m) {
    const float largest = logits[m].max().item<float>();
    const float got = logits[m][proposals[static_cast<size_t>(m)][0].token].item<float>();
    EXPECT_GE(got, largest - 0.01F * std::abs(largest));  // bfloat16 has eight bits: ties
  }
}

TEST(TopTokens, LogitsThatAreNotFiniteAreAnError) {
  at::Tensor hidden = random_tensor({2, 24}, 1);
  hidden[1].fill_(std::numeric_limits<float>::quiet_NaN());
  const HeadInput input{hidden, random_tensor({50, 24}, 2)};
  const auto message = testing::message_of<NumericError>([&] { top_tokens(input, 2, {}); });
  EXPECT_NE(message.find("row 1"), std::string::npos) << message;
}

TEST(BannedTokens, NGramsOfPromptAndOutputDoNotRepeat) {
  GenerateOptions options;
  options.no_repeat_ngram_size = 2;
  // The text ends in 1; 1 was followed by 2 and by 3.
  EXPECT_EQ(banned_tokens({1, 3, 1, 2}, {1}, options), (std::vector<int32_t>{2, 3}));
  EXPECT_TRUE(banned_tokens({5}, {}, options).empty());
  options.no_repeat_ngram_size = 1;
  EXPECT_EQ(banned_tokens({4, 2}, {3}, options), (std::vector<int32_t>{2, 3, 4}));
  options.no_repeat_ngram_size = 9;
  EXPECT_TRUE(banned_tokens({1, 1, 1}, {1}, options).empty());
}

TEST(BannedTokens, EndTokenWaitsForMinLength) {
  GenerateOptions options;
  options.end_tokens = {7};
  options.min_length = 4;
  EXPECT_EQ(banned_tokens({1, 2}, {3}, options), std::vector<int32_t>{7});
  EXPECT_TRUE(banned_tokens({1, 2}, {3, 4}, options).empty());
}

/// How often each token is drawn.
std::map<int32_t, int> draw(const std::vector<float>& logits, const GenerateOptions& options) {
  Rng stream(5, "generate");
  std::map<int32_t, int> drawn;
  for (int i = 0; i < 4000; ++i) {
    std::vector<float> copy = logits;
    ++drawn[draw_token(copy, options, stream)];
  }
  return drawn;
}

// Probabilities 0.5, 0.25, 0.125, 0.125.
const std::vector<float> kLogits = {std::log(4.0F), std::log(2.0F), 0.0F, 0.0F};

TEST(DrawToken, FollowsTheProbabilities) {
  const auto drawn = draw(kLogits, {});
  EXPECT_NEAR(drawn.at(0), 2000, 150);  // about five standard deviations
  EXPECT_NEAR(drawn.at(1), 1000, 140);
  EXPECT_NEAR(drawn.at(3), 500, 110);
}

TEST(DrawToken, TemperatureSharpens) {
  GenerateOptions options;
  options.temperature = 0.5;  // 16 : 4 : 1 : 1
  EXPECT_NEAR(draw(kLogits, options).at(0), 4000.0 * 16 / 22, 150);
}

TEST(DrawToken, TheLowestTemperaturesGiveTheLikeliest) {
  GenerateOptions options;
  for (const double temperature : {1e-30, 1e-38, 1e-44, 1e-300}) {
    options.temperature = temperature;
    EXPECT_EQ(draw({3.0F, 50.0F, -2.0F, 49.0F}, options).at(1), 4000) << temperature;
  }
}

TEST(DrawToken, TopKKeepsTheLikeliestAndTheirEquals) {
  GenerateOptions options;
  options.top_k = 2;
  EXPECT_EQ(draw(kLogits, options).size(), 2U);
  options.top_k = 3;  // the third and the fourth are equal
  EXPECT_EQ(draw(kLogits, options).size(), 4U);
}

TEST(DrawToken, TopPKeepsTheSmallestSetThatReachesIt) {
  GenerateOptions options;
  options.top_p = 0.5;
  EXPECT_EQ(draw(kLogits, options).size(), 1U);
  options.top_p = 0.51;
  EXPECT_EQ(draw(kLogits, options).size(), 2U);
  options.top_p = 0.76;
  EXPECT_EQ(draw(kLogits, options).size(), 3U);
}

TEST(DrawToken, EverythingBannedGivesNone) {
  std::vector<float> banned(3, -std::numeric_limits<float>::infinity());
  Rng stream(5, "generate");
  EXPECT_EQ(draw_token(banned, {}, stream), -1);
}

}  // namespace
}  // namespace eida

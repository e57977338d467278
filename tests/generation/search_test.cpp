#include "../../src/generation/search.h"

#include <gtest/gtest.h>

namespace eida {
namespace {

constexpr int32_t kEnd = 9;

SearchLimits limits(int64_t beams, int64_t new_tokens) {
  return {.prompt_length = 3,
          .length = 3 + new_tokens,
          .beams = beams,
          .end_tokens = {kEnd},
          .length_penalty = 1.0,
          .early_stopping = true};
}

TEST(Search, OnlyTheBestContinuationsMayEnd) {
  Search search(limits(2, 5));
  // Four candidates for two beams: the end token comes third, so it is not an output.
  const std::vector<Proposal> first = {{1, -1.0F}, {2, -2.0F}, {kEnd, -3.0F}, {4, -4.0F}};
  search.advance(&first);
  ASSERT_EQ(search.branches().size(), 2U);
  EXPECT_EQ(search.branches()[0].tokens, std::vector<int32_t>{1});
  EXPECT_EQ(search.branches()[1].tokens, std::vector<int32_t>{2});
}

TEST(Search, EarlyStoppingEndsWhenAsManyOutputsEnded) {
  Search search(limits(2, 5));
  const std::vector<Proposal> first = {{kEnd, -1.0F}, {2, -2.0F}, {3, -3.0F}, {4, -4.0F}};
  search.advance(&first);
  ASSERT_EQ(search.branches().size(), 2U) << "one of two outputs has ended";
  const std::vector<Proposal> second[] = {{{kEnd, -0.5F}, {5, -1.0F}}, {{6, -0.1F}, {7, -0.2F}}};
  search.advance(second);
  EXPECT_TRUE(search.branches().empty());
  const Generated result = search.result();
  EXPECT_TRUE(result.tokens.empty());  // the end token came at once
  EXPECT_TRUE(result.finished);
  EXPECT_FLOAT_EQ(static_cast<float>(result.score), -1.0F);
  ASSERT_EQ(result.alternatives.size(), 1U);
  EXPECT_EQ(result.alternatives[0].tokens, std::vector<int32_t>{2});
  EXPECT_FLOAT_EQ(static_cast<float>(result.alternatives[0].score), -1.25F);  // -2.5 of two tokens
}

TEST(Search, BranchesNameTheirParents) {
  Search search(limits(2, 5));
  const std::vector<Proposal> first = {{1, -1.0F}, {2, -1.5F}};
  search.advance(&first);
  const std::vector<Proposal> second[] = {{{3, -5.0F}, {4, -6.0F}}, {{5, -0.1F}, {6, -0.2F}}};
  search.advance(second);
  ASSERT_EQ(search.branches().size(), 2U);
  EXPECT_EQ(search.branches()[0].parent, 1U);
  EXPECT_EQ(search.branches()[1].parent, 1U);
  EXPECT_EQ(search.branches()[1].tokens, (std::vector<int32_t>{2, 6}));
}

TEST(Search, LengthLimitEndsEveryBranch) {
  Search search(limits(2, 1));
  const std::vector<Proposal> first = {{1, -1.0F}, {2, -2.0F}, {3, -3.0F}, {4, -4.0F}};
  search.advance(&first);
  EXPECT_TRUE(search.branches().empty());
  const Generated result = search.result();
  EXPECT_FALSE(result.finished);
  EXPECT_EQ(result.tokens, std::vector<int32_t>{1});
  ASSERT_EQ(result.alternatives.size(), 1U);
  EXPECT_EQ(result.alternatives[0].tokens, std::vector<int32_t>{2});
}

TEST(Search, DeadEndGivesWhatThereIs) {
  Search search(limits(2, 5));
  const std::vector<Proposal> first = {{1, -1.0F}, {2, -2.0F}};
  search.advance(&first);
  const std::vector<Proposal> nothing[2];
  search.advance(nothing);
  EXPECT_TRUE(search.branches().empty());
  EXPECT_EQ(search.result().tokens, std::vector<int32_t>{1});
  EXPECT_FALSE(search.result().finished);
}

TEST(Search, OneBeamTakesTheFirstProposalUntilTheEnd) {
  Search search(limits(1, 5));
  const std::vector<Proposal> first = {{4, -1.0F}}, second = {{kEnd, -2.0F}};
  search.advance(&first);
  ASSERT_EQ(search.branches().size(), 1U);
  search.advance(&second);
  EXPECT_TRUE(search.branches().empty());
  EXPECT_EQ(search.result().tokens, std::vector<int32_t>{4});
  EXPECT_TRUE(search.result().finished);
  EXPECT_FLOAT_EQ(static_cast<float>(search.result().score), -1.5F);
}

TEST(Search, NoProposalEndsIt) {
  Search search(limits(1, 5));
  const std::vector<Proposal> nothing;
  search.advance(&nothing);
  EXPECT_TRUE(search.branches().empty());
  EXPECT_TRUE(search.result().tokens.empty());
  EXPECT_EQ(search.result().score, 0.0);
  EXPECT_FALSE(search.result().finished);
}

}  // namespace
}  // namespace eida

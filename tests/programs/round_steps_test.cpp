#include "../../src/programs/train/round_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "support/byte_tokenizer.h"

namespace eida {
namespace {

using Steps = std::vector<std::vector<std::vector<std::string>>>;  // steps, batches, texts

TrainInputs inputs_of(int64_t size) {
  Rng rng(3, "texts");
  std::vector<TextExample> examples;
  for (int64_t i = 0; i < size; ++i)
    examples.push_back({std::to_string(i) + std::string(rng.below(40), 'x'), "", i % 2});
  TrainInputs inputs;
  inputs.train = make_dataset(std::move(examples), TaskKind::kClassification, {"0", "1"});
  inputs.tokenizer =
      std::make_unique<ExampleTokenizer>(testing::byte_tokenizer(TaskKind::kClassification));
  inputs.compute.threads = 9;  // two workers
  return inputs;
}

std::string text_of(const TokenExample& example) {
  return testing::ByteTokenizer().decode(example.ids, true);
}

Steps steps_of(const Config& config, const TrainInputs& inputs, int64_t round, int64_t first) {
  RoundSteps steps(config, inputs, round, first);
  Steps all;
  for (;;) {
    const auto& step = steps.next();
    if (step.empty()) return all;
    all.emplace_back();
    for (const ExampleBatch& batch : step) {
      all.back().emplace_back();
      for (const TokenExample* example : batch) all.back().back().push_back(text_of(*example));
    }
  }
}

/// 1,003 examples of two to 44 bytes: 126 batches of 8 in three windows of 50, the last ones not
/// full; steps of 3 batches straddle the windows.
class RoundStepsTest : public ::testing::TestWithParam<Batching> {
 protected:
  void SetUp() override {
    config_.train.batch_size = 8;
    config_.train.accumulation = 3;
    config_.data.batching = GetParam();
  }
  Steps round(int64_t number, int64_t first = 0) const {
    return steps_of(config_, inputs_, number, first);
  }
  /// Batches of all steps, one after another.
  std::vector<std::vector<std::string>> batches(int64_t number) const {
    std::vector<std::vector<std::string>> all;
    for (const auto& step : round(number)) all.insert(all.end(), step.begin(), step.end());
    return all;
  }

  TrainInputs inputs_ = inputs_of(1003);
  Config config_;
};

TEST_P(RoundStepsTest, EveryExampleComesOnce) {
  const Steps steps = round(2);
  EXPECT_EQ(static_cast<int64_t>(steps.size()), steps_per_round(config_, inputs_));
  std::set<std::string> seen;
  for (const auto& step : steps) {
    EXPECT_EQ(step.size(), 3U);
    for (const auto& batch : step) {
      EXPECT_LE(batch.size(), 8U);
      for (const std::string& text : batch) EXPECT_TRUE(seen.insert(text).second) << text;
    }
  }
  EXPECT_EQ(seen.size(), 1003U);
}

TEST_P(RoundStepsTest, FromAnyStepOnTheyAreThoseOfTheWholeRound) {
  const Steps all = round(2);
  for (const int64_t first : {1, 16, 17, 33, 41, 42})
    EXPECT_EQ(round(2, first), Steps(all.begin() + first, all.end())) << "from " << first;
}

TEST_P(RoundStepsTest, RoundsAndSeedsDifferAndRepeat) {
  const Steps once = round(1);
  EXPECT_EQ(round(1), once);
  EXPECT_NE(round(2), once);
  config_.run.seed = 1;
  EXPECT_NE(round(1), once);
}

/// A window holds the 400 examples that the order drawn says; grouping changes the order inside it.
TEST_P(RoundStepsTest, WindowsOfFiftyBatchesFollowTheDrawnOrder) {
  auto wanted = Rng(0, "shuffle", 2).permutation(1003);
  std::vector<int64_t> found;
  for (const auto& batch : batches(2))
    for (const std::string& text : batch) found.push_back(std::stoll(text));
  ASSERT_EQ(found.size(), wanted.size());
  if (GetParam() == Batching::kLengthGrouped) {
    EXPECT_NE(found, wanted);
    for (std::ptrdiff_t begin = 0; begin < 1003; begin += 400) {
      const auto end = std::min<std::ptrdiff_t>(1003, begin + 400);
      std::sort(found.begin() + begin, found.begin() + end);
      std::sort(wanted.begin() + begin, wanted.begin() + end);
    }
  }
  EXPECT_EQ(found, wanted);
}

TEST_P(RoundStepsTest, GroupedBatchesHoldTextsOfLikeLength) {
  size_t spread = 0;
  for (const auto& batch : batches(2)) {
    const auto [shortest, longest] = std::minmax_element(
        batch.begin(), batch.end(),
        [](const std::string& a, const std::string& b) { return a.size() < b.size(); });
    spread += longest->size() - shortest->size();
  }
  if (GetParam() == Batching::kLengthGrouped) {
    EXPECT_LE(spread, 126U * 2);  // 43 lengths in 50 batches
  } else {
    EXPECT_GE(spread, 126U * 20);
  }
}

INSTANTIATE_TEST_SUITE_P(Batching, RoundStepsTest,
                         ::testing::Values(Batching::kLengthGrouped, Batching::kAsDrawn),
                         [](const auto& info) { return std::string(to_string(info.param)); });

}  // namespace
}  // namespace eida

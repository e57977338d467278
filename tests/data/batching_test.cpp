#include "eida/data/batching.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "eida/core/error.h"

namespace eida {
namespace {

std::vector<int64_t> flat(const Batches& batches) {
  std::vector<int64_t> all;
  for (const auto& batch : batches) all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

int64_t padded_tokens(const Batches& batches, const std::vector<int64_t>& lengths) {
  int64_t total = 0;
  for (const auto& batch : batches) {
    int64_t longest = 0;
    for (const int64_t i : batch) longest = std::max(longest, lengths[i]);
    total += longest * static_cast<int64_t>(batch.size());
  }
  return total;
}

TEST(Draw, IsDistinctAndSeeded) {
  Rng a(7, "examples"), b(7, "examples"), c(8, "examples");
  const auto first = draw_examples(1000, 256, a);
  EXPECT_EQ(std::set<int64_t>(first.begin(), first.end()).size(), 256u);
  EXPECT_EQ(first, draw_examples(1000, 256, b));
  EXPECT_NE(first, draw_examples(1000, 256, c));
}

TEST(Draw, MoreThanThereAreIsAnError) {
  Rng rng(0, "examples");
  EXPECT_THROW(draw_examples(10, 11, rng), DataError);
  EXPECT_THROW(draw_examples(10, -1, rng), DataError);
  EXPECT_EQ(draw_examples(10, 10, rng).size(), 10u);
}

TEST(Batches, KeepOrderAndAllExamples) {
  const auto batches = make_batches({5, 3, 1, 4, 2}, 2);
  EXPECT_EQ(batches, (Batches{{5, 3}, {1, 4}, {2}}));
  EXPECT_TRUE(make_batches({}, 2).empty());
  EXPECT_THROW(make_batches({1}, 0), ConfigError);
}

TEST(LengthGrouped, IsAPermutationWithTheSameBatchSizes) {
  EXPECT_TRUE(rc::check([] {
    const auto size = *rc::gen::inRange<int64_t>(0, 400);
    const auto batch_size = *rc::gen::inRange<int64_t>(1, 20);
    const auto window = *rc::gen::inRange<int64_t>(1, 8);
    const auto seed = *rc::gen::arbitrary<uint64_t>();
    Rng rng(seed, "shuffle");
    const auto order = epoch_order(size, rng);
    std::vector<int64_t> lengths(static_cast<size_t>(size));
    for (auto& length : lengths) length = 1 + static_cast<int64_t>(rng.below(60));
    const auto batches = length_grouped_batches(lengths, order, batch_size, rng, window);
    auto sorted = flat(batches);
    std::sort(sorted.begin(), sorted.end());
    std::vector<int64_t> all(static_cast<size_t>(size));
    std::iota(all.begin(), all.end(), 0);
    RC_ASSERT(sorted == all);
    for (size_t i = 0; i + 1 < batches.size(); ++i) {
      RC_ASSERT(static_cast<int64_t>(batches[i].size()) == batch_size);
    }
  }));
}

TEST(LengthGrouped, PadsLessAndStaysInItsWindow) {
  Rng rng(3, "shuffle");
  const auto order = epoch_order(3200, rng);
  std::vector<int64_t> lengths(3200);
  for (auto& length : lengths) length = 1 + static_cast<int64_t>(rng.below(70));
  const auto grouped = length_grouped_batches(lengths, order, 16, rng);
  EXPECT_LT(padded_tokens(grouped, lengths), 0.6 * padded_tokens(make_batches(order, 16), lengths));
  // First 50 batches hold the first 800 of the order.
  auto first = flat(Batches(grouped.begin(), grouped.begin() + 50));
  std::vector<int64_t> wanted(order.begin(), order.begin() + 800);
  std::sort(first.begin(), first.end());
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(first, wanted);
}

TEST(LengthGrouped, FollowsTheSeed) {
  std::vector<int64_t> lengths(200);
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] = static_cast<int64_t>(i % 17);
  const auto run = [&lengths](uint64_t seed) {
    Rng rng(seed, "shuffle");
    const auto order = epoch_order(200, rng);
    return length_grouped_batches(lengths, order, 8, rng);
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_NE(run(1), run(2));
}

TEST(LengthGrouped, RefusesIndicesWithoutLength) {
  Rng rng(0, "shuffle");
  EXPECT_THROW(length_grouped_batches({1, 2}, {0, 2}, 1, rng), DataError);
  EXPECT_THROW(length_grouped_batches({1, 2}, {0, 1}, 1, rng, 0), ConfigError);
}

TEST(GroupConsecutive, FillsGroupsInOrderAndLetsLargeItemsStandAlone) {
  EXPECT_EQ(group_consecutive({3, 4, 3, 20, 1, 1}, 10), (Batches{{0, 1, 2}, {3}, {4, 5}}));
  EXPECT_EQ(group_consecutive({3, 4}, 0), (Batches{{0}, {1}}));
  EXPECT_TRUE(group_consecutive({}, 10).empty());
}

}  // namespace
}  // namespace eida

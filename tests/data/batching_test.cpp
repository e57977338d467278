#include "eida/data/batching.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
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
    Rng rng(*rc::gen::arbitrary<uint64_t>(), "batches");
    std::vector<int64_t> lengths(static_cast<size_t>(size));
    for (auto& length : lengths) length = 1 + static_cast<int64_t>(rng.below(60));
    const auto batches = length_grouped_batches(lengths, batch_size, rng);
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

TEST(LengthGrouped, PadsLess) {
  Rng rng(3, "batches");
  std::vector<int64_t> lengths(800), order(800);
  for (auto& length : lengths) length = 1 + static_cast<int64_t>(rng.below(70));
  std::iota(order.begin(), order.end(), 0);
  const auto grouped = length_grouped_batches(lengths, 16, rng);
  EXPECT_LT(padded_tokens(grouped, lengths), 0.6 * padded_tokens(make_batches(order, 16), lengths));
}

TEST(LengthGrouped, FollowsTheSeedAndDrawsByNumberAlone) {
  std::vector<int64_t> lengths(200);
  for (size_t i = 0; i < lengths.size(); ++i) lengths[i] = static_cast<int64_t>(i % 17);
  const auto run = [](const std::vector<int64_t>& of, uint64_t seed, uint64_t& drawn) {
    Rng rng(seed, "batches");
    auto batches = length_grouped_batches(of, 8, rng);
    drawn = rng.counter();
    return batches;
  };
  uint64_t drawn = 0, drawn_of_equal = 0;
  const auto one = run(lengths, 1, drawn);
  EXPECT_EQ(one, run(lengths, 1, drawn));
  EXPECT_NE(one, run(lengths, 2, drawn));
  run(lengths, 1, drawn);
  run(std::vector<int64_t>(200, 0), 1, drawn_of_equal);
  EXPECT_EQ(drawn, drawn_of_equal);
}

TEST(LengthGrouped, RefusesBatchesOfNothing) {
  Rng rng(0, "batches");
  EXPECT_THROW(length_grouped_batches({1, 2}, 0, rng), ConfigError);
}

TEST(EpochOrder, IsTheShuffleOfItsStreamWhereItIsHeld) {
  Rng a(5, "shuffle"), b(5, "shuffle");
  const EpochOrder order(1000, a);
  EXPECT_EQ(order.part(0, 1000), b.permutation(1000));
}

TEST(EpochOrder, HasEveryIndexOnceBeyondWhatIsHeld) {
  const int64_t size = EpochOrder::kHeld + 12345;
  Rng rng(5, "shuffle");
  const EpochOrder order(size, rng);
  std::vector<bool> seen(static_cast<size_t>(size));
  std::vector<int64_t> early(16);  // of the first sixteenth of positions: indices by sixteenths
  for (int64_t i = 0; i < size; ++i) {
    const int64_t index = order.at(i);
    ASSERT_TRUE(index >= 0 && index < size && !seen[static_cast<size_t>(index)]) << i;
    seen[static_cast<size_t>(index)] = true;
    if (i < size / 16) ++early[static_cast<size_t>(index * 16 / size)];
  }
  const double expected = static_cast<double>(size) / 256;
  for (const int64_t count : early)  // 6 sigma of a binomial
    EXPECT_NEAR(static_cast<double>(count), expected, 6 * std::sqrt(expected));
  Rng other(6, "shuffle");
  EXPECT_NE(EpochOrder(size, other).part(0, 100), order.part(0, 100));
}

TEST(EpochOrder, NeighboursGoDifferentWays) {
  Rng rng(7, "shuffle");
  const EpochOrder order(int64_t{1} << 40, rng);
  // Differences of consecutive positions: as often up as down, and never small, as of a shuffle.
  int up = 0;
  for (int64_t i = 0; i < 10000; ++i) {
    const int64_t step = order.at(i + 1) - order.at(i);
    up += step > 0 ? 1 : 0;
    EXPECT_GT(std::abs(step), 1000) << i;
  }
  EXPECT_NEAR(up, 5000, 300);
}

TEST(GroupConsecutive, FillsGroupsInOrderAndLetsLargeItemsStandAlone) {
  EXPECT_EQ(group_consecutive({3, 4, 3, 20, 1, 1}, 10), (Batches{{0, 1, 2}, {3}, {4, 5}}));
  EXPECT_EQ(group_consecutive({3, 4}, 0), (Batches{{0}, {1}}));
  EXPECT_TRUE(group_consecutive({}, 10).empty());
}

}  // namespace
}  // namespace eida

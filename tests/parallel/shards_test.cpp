#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "eida/core/rng.h"
#include "eida/parallel/communicator.h"

namespace eida {
namespace {

TEST(Shards, FollowEachOtherAndCoverAllItems) {
  Rng rng(1, "shards");
  for (const int size : {1, 2, 3, 7, 64}) {
    for (const size_t items : {0U, 1U, 5U, 64U, 200U}) {
      std::vector<int64_t> costs(items);
      for (int64_t& cost : costs) cost = static_cast<int64_t>(rng.below(30));
      int64_t end = 0;
      for (int rank = 0; rank < size; ++rank) {
        const Shard shard = shard_of(costs, rank, size);
        EXPECT_EQ(shard.begin, end) << rank << " of " << size << ", " << items << " items";
        EXPECT_GE(shard.size(), 0);
        end = shard.end;
      }
      EXPECT_EQ(end, static_cast<int64_t>(items)) << size << " processes";
    }
  }
}

TEST(Shards, CostTheSameWithinOneItem) {
  Rng rng(2, "shards");
  std::vector<int64_t> costs(300);
  for (int64_t& cost : costs) cost = 1 + static_cast<int64_t>(rng.below(30));
  const int64_t total = std::accumulate(costs.begin(), costs.end(), int64_t{0});
  for (int rank = 0; rank < 8; ++rank) {
    const Shard shard = shard_of(costs, rank, 8);
    const int64_t cost =
        std::accumulate(costs.begin() + shard.begin, costs.begin() + shard.end, int64_t{0});
    EXPECT_NEAR(static_cast<double>(cost), static_cast<double>(total) / 8, 30.0);
  }
  EXPECT_EQ(shard_of({1, 1, 1, 1}, 1, 2).begin, 2);
}

TEST(Shards, TheFirstProcessGetsTheOnlyItem) {
  EXPECT_EQ(shard_of({5}, 0, 4).size(), 1);
  EXPECT_EQ(shard_of({5}, 3, 4).size(), 0);
}

TEST(Shards, DearItemsGoToDifferentProcesses) {
  const std::vector<double> costs = {1, 1, 1, 9, 1, 1, 1, 9};  // one in four is dear
  const std::vector<int> owners = share_out(costs, 4);
  EXPECT_NE(owners[3], owners[7]);
  std::vector<double> load(4, 0.0);
  for (size_t i = 0; i < costs.size(); ++i) load[static_cast<size_t>(owners[i])] += costs[i];
  EXPECT_EQ(*std::max_element(load.begin(), load.end()), 9.0);
  EXPECT_EQ(share_out(costs, 1), std::vector<int>(8, 0));
}

TEST(Shards, ProgressOfAPartTellsOfTheWhole) {
  int64_t told = 0;
  const auto progress = scaled_progress([&](int64_t steps) { told += steps; }, 3, 10);
  progress(1);
  EXPECT_EQ(told, 3);
  progress(2);
  EXPECT_EQ(told, 10);
  EXPECT_FALSE(scaled_progress({}, 3, 10));
}

}  // namespace
}  // namespace eida

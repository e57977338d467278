#include "eida/core/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "eida/core/error.h"

namespace eida {
namespace {

TEST(Rng, SameSeedStreamAndIndexGiveTheSameDraws) {
  Rng a(7, "sampler", 3), b(7, "sampler", 3);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(a.next(), b.next());
}

TEST(Rng, StreamsIndicesAndSeedsDiffer) {
  std::set<uint64_t> first;
  for (uint64_t seed : {0, 1, 2}) {
    for (const char* stream : {"sampler", "shuffle", "init"}) {
      for (uint64_t index : {0, 1, 2}) first.insert(Rng(seed, stream, index).next());
    }
  }
  EXPECT_EQ(first.size(), 27u);
}

TEST(Rng, SetCounterResumesTheStream) {
  Rng a(1, "x");
  for (int i = 0; i < 10; ++i) a.next();
  Rng b(1, "x");
  b.set_counter(a.counter());
  EXPECT_EQ(a.next(), b.next());
}

TEST(Rng, BelowIsUniform) {
  Rng rng(0, "below");
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts[rng.below(7)];
  for (int count : counts) EXPECT_NEAR(count, 10000, 500);  // 5 sigma = 463
}

TEST(Rng, BelowZeroIsAnError) { EXPECT_THROW(Rng(0, "x").below(0), Error); }

TEST(Rng, BinomialHasTheRightMeanAndVariance) {
  Rng rng(0, "binomial");
  const int64_t n = 50;
  const double p = 0.0075;
  double sum = 0, squares = 0;
  const int draws = 200000;
  for (int i = 0; i < draws; ++i) {
    const auto x = static_cast<double>(rng.binomial(n, p));
    sum += x;
    squares += x * x;
  }
  const double mean = sum / draws, variance = squares / draws - mean * mean;
  EXPECT_NEAR(mean, n * p, 5 * std::sqrt(n * p * (1 - p) / draws));
  EXPECT_NEAR(variance, n * p * (1 - p), 0.01);
  EXPECT_EQ(rng.binomial(10, 0.0), 0);
  EXPECT_EQ(rng.binomial(10, 1.0), 10);
}

TEST(Rng, NormalHasMeanZeroAndVarianceOne) {
  Rng rng(0, "normal");
  double sum = 0, squares = 0;
  for (int i = 0; i < 100000; ++i) {
    const double x = rng.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 100000, 0, 0.016);
  EXPECT_NEAR(squares / 100000, 1, 0.025);
}

TEST(Rng, SampleIsDistinctAndPermutationComplete) {
  Rng rng(3, "sample");
  auto few = rng.sample(10, 4);
  EXPECT_EQ(std::set<int64_t>(few.begin(), few.end()).size(), 4u);
  auto all = rng.permutation(10);
  std::sort(all.begin(), all.end());
  for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(all[static_cast<size_t>(i)], i);
  EXPECT_THROW(rng.sample(3, 4), Error);
}

TEST(Rng, AFewOfManyAreTheFirstOfAll) {
  for (const int64_t k : {0, 1, 300}) {
    Rng a(4, "sample"), b(4, "sample");
    auto all = a.permutation(100000);
    all.resize(static_cast<size_t>(k));
    EXPECT_EQ(b.sample(100000, k), all) << k;
  }
  EXPECT_EQ(Rng(4, "sample").sample(int64_t{1} << 50, 1000).size(), 1000u);  // needs no range
}

}  // namespace
}  // namespace eida

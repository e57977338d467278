#include "eida/metrics/statistics.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eida/core/error.h"

namespace eida {
namespace {

ItemStatistics right(size_t ones, size_t items) {
  std::vector<double> values(items, 0.0);
  std::fill_n(values.begin(), ones, 1.0);
  return mean_statistics(values);
}

TEST(NormalQuantile, HitsKnownValues) {
  EXPECT_NEAR(normal_quantile(0.975), 1.959963984540054, 1e-12);
  EXPECT_NEAR(normal_quantile(0.5), 0.0, 1e-12);
  EXPECT_NEAR(normal_quantile(0.0001), -3.719016485455709, 1e-9);
}

// Expected: Wilson's formula in double precision, worked out apart from this code.
TEST(WilsonInterval, HitsKnownValues) {
  const Interval interval = wilson_interval(814, 872);
  EXPECT_NEAR(interval.low, 0.914973472078217, 1e-12);
  EXPECT_NEAR(interval.high, 0.9481964457034113, 1e-12);
}

TEST(WilsonInterval, StaysWithinZeroAndOne) {
  EXPECT_EQ(wilson_interval(0, 10).low, 0.0);
  EXPECT_DOUBLE_EQ(wilson_interval(10, 10).high, 1.0);
  EXPECT_GT(wilson_interval(0, 10).high, 0.2);
}

TEST(WilsonInterval, RefusesWhatIsNoProportion) {
  EXPECT_THROW(wilson_interval(3, 2), ConfigError);
  EXPECT_THROW(wilson_interval(0, 0), ConfigError);
  EXPECT_THROW(wilson_interval(1, 2, 1.0), ConfigError);
}

// Normal approximation: 0.5 ± 1.96 · sqrt(0.25 / 400) = 0.5 ± 0.049; 5000 samples leave 0.005.
TEST(BootstrapInterval, AgreesWithTheNormalOne) {
  const Interval interval = bootstrap_interval(right(200, 400), {.samples = 5000});
  EXPECT_NEAR(interval.low, 0.451, 0.006);
  EXPECT_NEAR(interval.high, 0.549, 0.006);
}

TEST(BootstrapInterval, DependsOnTheSeedAlone) {
  const auto statistics = right(37, 100);
  const Interval a = bootstrap_interval(statistics, {.samples = 50, .seed = 1});
  const Interval b = bootstrap_interval(statistics, {.samples = 50, .seed = 1});
  const Interval c = bootstrap_interval(statistics, {.samples = 50, .seed = 2});
  EXPECT_EQ(a.low, b.low);
  EXPECT_EQ(a.high, b.high);
  EXPECT_TRUE(a.low != c.low || a.high != c.high);
}

TEST(BootstrapInterval, RefusesBadOptions) {
  EXPECT_THROW(bootstrap_interval(right(1, 2), {.samples = 0}), ConfigError);
  EXPECT_THROW(bootstrap_interval(right(1, 2), {.level = 1.5}), ConfigError);
  EXPECT_THROW(bootstrap_interval({}, {}), DataError);
}

TEST(CompareScores, FindsNoDifferenceBetweenEqualSystems) {
  const auto same = compare_scores(right(50, 100), right(50, 100));
  EXPECT_EQ(same.difference, 0.0);
  EXPECT_EQ(same.p_randomization, 1.0);
  EXPECT_EQ(same.p_bootstrap, 1.0);
  EXPECT_TRUE(same.within_noise);
}

TEST(CompareScores, FindsALargeDifference) {
  const auto far = compare_scores(right(30, 100), right(80, 100), {.samples = 999});
  EXPECT_NEAR(far.difference, 0.5, 1e-12);
  EXPECT_EQ(far.p_randomization, 0.001);  // none of 999 swaps, and the observed outcome itself
  EXPECT_FALSE(far.within_noise);
  EXPECT_GT(far.interval.low, 0.35);
  EXPECT_LT(far.interval.high, 0.65);
}

// Of 4 differing items 3 speak for b; all 16 swaps: 10 have a difference of at least 2.
TEST(CompareScores, RandomisationApproachesTheExactTest) {
  std::vector<double> a(20, 1.0), b(20, 1.0);
  b[0] = 0.0;
  a[1] = a[2] = a[3] = 0.0;
  const auto close = compare_scores(mean_statistics(a), mean_statistics(b), {.samples = 4000});
  EXPECT_NEAR(close.p_randomization, 10.0 / 16.0, 0.03);
  EXPECT_TRUE(close.within_noise);
}

TEST(CompareScores, RefusesOtherItems) {
  EXPECT_THROW(compare_scores(right(1, 2), right(1, 3)), DataError);
}

TEST(McNemar, IsExactWhereFewDiffer) {
  std::vector<bool> a(20, true), b(20, true);
  for (size_t i = 0; i < 8; ++i) a[i] = false;
  b[19] = b[18] = false;
  const McNemarTest test = mcnemar(a, b);
  EXPECT_EQ(test.only_a, 2);
  EXPECT_EQ(test.only_b, 8);
  EXPECT_TRUE(test.exact);
  EXPECT_NEAR(test.p, 2.0 * (1 + 10 + 45) / 1024.0, 1e-12);
}

TEST(McNemar, UsesChiSquaredWhereManyDiffer) {
  std::vector<bool> a(1200, true), b(1200, false);
  for (size_t i = 0; i < 550; ++i) a[i].flip(), b[i].flip();
  const McNemarTest test = mcnemar(a, b);
  EXPECT_FALSE(test.exact);
  EXPECT_NEAR(test.p, std::erfc(99.0 / std::sqrt(1200.0) / std::sqrt(2.0)), 1e-12);
}

TEST(McNemar, RefusesOtherItems) { EXPECT_THROW(mcnemar({true}, {}), DataError); }

TEST(McNemar, OfEqualSystemsIsOne) { EXPECT_EQ(mcnemar({true, false}, {true, false}).p, 1.0); }

}  // namespace
}  // namespace eida

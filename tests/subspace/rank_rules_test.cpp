#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/subspace/rank_plan.h"
#include "support/test_data.h"

namespace eida {
namespace {

PlaceCurve curve(double at32, double at64) {
  return {{16, 32, 64}, {at32 - 0.1, at32, at64}, {0.5, 0.8, 0.95}};
}

/// Two input spaces; sites 0 and 1 share the first, site 2 has the second.
Places three_sites(int64_t second_dim = 768) {
  Places places;
  places.add_input("first", "q,k", 0, 768);
  places.add_site("q", "q", 768);
  places.add_site("k", "k", 768);
  places.add_input("second", "o", 0, second_dim);
  places.add_site("o", "o", 768);
  return places;
}

const Places kPlaces = three_sites();

using Ranks = std::vector<int64_t>;  // of the places in their order

Ranks ranks_of(const RankPlan& plan) { return {plan.ranks.begin(), plan.ranks.end()}; }

PerPlace<PlaceCurve> curves() {
  PerPlace<PlaceCurve> all(kPlaces.size());
  all[0] = curve(0.80, 0.84);
  all[1] = curve(0.80, 0.82);
  all[2] = curve(0.90, 0.93);
  all[3] = curve(0.90, 0.9299);
  all[4] = curve(0.10, 0.50);
  return all;
}

RankPlan choose(const RankRuleOptions& options, const PerPlace<PlaceCurve>& measured = curves()) {
  return choose_ranks(options, kPlaces, measured);
}

RankRuleOptions options_of(RankRule rule) {
  RankRuleOptions options;
  options.rule = rule;
  return options;
}

TEST(ThresholdRule, IsWideFromTheMarginOn) {
  const RankPlan plan = choose(options_of(RankRule::kThreshold));
  EXPECT_EQ(plan.rule, "threshold");
  EXPECT_EQ(ranks_of(plan), (Ranks{64, 32, 64, 32, 64}));  // 0.93 - 0.90 is "at least 0.03"
  EXPECT_NE(plan.reasons[kPlaces.site(1)].find("not 0.03"), std::string::npos);
}

TEST(ThresholdRule, IsNarrowWhereNothingCouldBeMeasured) {
  auto unknown = curves();
  unknown[0].fidelity.assign(3, std::nan(""));
  EXPECT_EQ(choose(options_of(RankRule::kThreshold), unknown).ranks[0], 32);
}

TEST(ThresholdRule, NeedsBothRanksMeasured) {
  RankRuleOptions options = options_of(RankRule::kThreshold);
  options.wide = 128;
  EXPECT_THROW(choose(options), ConfigError);
  auto missing = curves();
  missing[1] = {};
  EXPECT_THROW(choose(options_of(RankRule::kThreshold), missing), ConfigError);
}

TEST(ThresholdRule, SmallPlacesAreCutToTheirDimension) {
  auto small = curves();
  small[1] = {{8, 16}, {0.5, 1.0}, {0.5, 1.0}};
  EXPECT_EQ(choose_ranks(options_of(RankRule::kThreshold), three_sites(16), small).ranks[1], 16);
}

TEST(FixedRule, IsTheSameEverywhere) {
  RankRuleOptions options = options_of(RankRule::kFixed);
  options.fixed = 48;
  EXPECT_EQ(ranks_of(choose_ranks(options, three_sites(40), {})), (Ranks{48, 40, 48, 48, 48}));
}

TEST(EnergyRule, TakesTheSmallestRankThatExplainsEnough) {
  RankRuleOptions options = options_of(RankRule::kEnergy);
  for (const auto& [energy, k] : {std::pair{0.4, 16}, {0.8, 32}, {0.81, 64}, {0.99, 64}}) {
    options.energy = energy;
    EXPECT_EQ(choose(options).ranks[0], k) << energy;
  }
}

TEST(BudgetRule, SpendsWhereAParameterGainsMost) {
  RankRuleOptions options = options_of(RankRule::kBudget);
  options.budget = 3 * 16 * 16;  // the start
  EXPECT_EQ(adapter_parameters(choose(options).ranks, kPlaces), 768);
  // Site 2 and input 1 stand alone: 0.1 for 256 parameters, where input 0 costs 512 for as much.
  // Equal gains: the input comes first, and makes the site's move dearer (512).
  options.budget = 768 + 256;
  EXPECT_EQ(ranks_of(choose(options)), (Ranks{16, 32, 16, 16, 16}));
  options.budget = 768 + 512;
  EXPECT_EQ(ranks_of(choose(options)), (Ranks{16, 32, 32, 16, 16}));
}

TEST(BudgetRule, NeverOverspendsAndEndsAtTheTop) {
  RankRuleOptions options = options_of(RankRule::kBudget);
  for (options.budget = 768; options.budget < 14000; options.budget += 301)
    EXPECT_LE(adapter_parameters(choose(options).ranks, kPlaces), options.budget);
  options.budget = 1 << 20;
  EXPECT_EQ(adapter_parameters(choose(options).ranks, kPlaces), 3 * 64 * 64);
  options.budget = 767;
  EXPECT_THROW(choose(options), ConfigError);
}

TEST(PlanRule, ReadsTheFileAndChecksIt) {
  const testing::TempDir dir;
  RankRuleOptions options = options_of(RankRule::kPlan);
  options.plan = dir.path() / "plan.json";
  const RankPlan plan = choose(options_of(RankRule::kThreshold));
  std::ofstream(options.plan) << plan.to_json(kPlaces);
  EXPECT_EQ(choose(options).ranks, plan.ranks);
  Places other = kPlaces;
  other.add_input("third", "fc1", 0, 768);
  EXPECT_THROW(choose_ranks(options, other, {}), DataError);
}

}  // namespace
}  // namespace eida

#include "eida/subspace/rank_rules.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "support/test_data.h"

namespace eida {
namespace {

PlaceCurve curve(double at32, double at64) {
  return {{16, 32, 64}, {at32 - 0.1, at32, at64}, {0.5, 0.8, 0.95}};
}

/// Two input spaces; sites 0 and 1 share the first, site 2 has the second.
RankEvidence evidence() {
  return {{{768, 768}, {768, 768, 768}, {0, 0, 1}},
          {curve(0.80, 0.84), curve(0.80, 0.82)},
          {curve(0.90, 0.93), curve(0.90, 0.9299), curve(0.10, 0.50)}};
}

RankRuleOptions options_of(RankRule rule) {
  RankRuleOptions options;
  options.rule = rule;
  return options;
}

using Ranks = std::map<int64_t, int64_t>;

TEST(ThresholdRule, IsWideFromTheMarginOn) {
  const RankPlan plan = choose_ranks(options_of(RankRule::kThreshold), evidence());
  EXPECT_EQ(plan.rule, "threshold");
  EXPECT_EQ(plan.inputs, (Ranks{{0, 64}, {1, 32}}));
  EXPECT_EQ(plan.delta_outputs,
            (Ranks{{0, 64}, {1, 32}, {2, 64}}));  // 0.93 - 0.90 is "at least 0.03"
  EXPECT_NE(plan.output_reasons.at(1).find("not 0.03"), std::string::npos);
}

TEST(ThresholdRule, IsNarrowWhereNothingCouldBeMeasured) {
  RankEvidence unknown = evidence();
  unknown.inputs[0].fidelity.assign(3, std::nan(""));
  EXPECT_EQ(choose_ranks(options_of(RankRule::kThreshold), unknown).inputs.at(0), 32);
}

TEST(ThresholdRule, NeedsBothRanksMeasured) {
  RankRuleOptions options = options_of(RankRule::kThreshold);
  options.wide = 128;
  EXPECT_THROW(choose_ranks(options, evidence()), ConfigError);
  RankEvidence missing = evidence();
  missing.inputs.pop_back();
  EXPECT_THROW(choose_ranks(options_of(RankRule::kThreshold), missing), ConfigError);
}

TEST(ThresholdRule, SmallPlacesAreCutToTheirDimension) {
  RankEvidence small = evidence();
  small.shape.inputs[1] = 16;
  small.inputs[1] = {{8, 16}, {0.5, 1.0}, {0.5, 1.0}};
  EXPECT_EQ(choose_ranks(options_of(RankRule::kThreshold), small).inputs.at(1), 16);
}

TEST(FixedRule, IsTheSameEverywhere) {
  RankRuleOptions options = options_of(RankRule::kFixed);
  options.fixed = 48;
  RankEvidence shape_only{evidence().shape, {}, {}};
  shape_only.shape.inputs[1] = 40;
  EXPECT_EQ(choose_ranks(options, shape_only).inputs, (Ranks{{0, 48}, {1, 40}}));
}

TEST(EnergyRule, TakesTheSmallestRankThatExplainsEnough) {
  RankRuleOptions options = options_of(RankRule::kEnergy);
  for (const auto& [energy, k] : {std::pair{0.4, 16}, {0.8, 32}, {0.81, 64}, {0.99, 64}}) {
    options.energy = energy;
    EXPECT_EQ(choose_ranks(options, evidence()).inputs.at(0), k) << energy;
  }
}

TEST(BudgetRule, SpendsWhereAParameterGainsMost) {
  RankRuleOptions options = options_of(RankRule::kBudget);
  options.budget = 3 * 16 * 16;  // the start
  EXPECT_EQ(adapter_parameters(choose_ranks(options, evidence()), evidence().shape), 768);
  // Site 2 and input 1 stand alone: 0.1 for 256 parameters, where input 0 costs 512 for as much.
  // Equal gains: the input comes first, and makes the site's move dearer (512).
  options.budget = 768 + 256;
  EXPECT_EQ(choose_ranks(options, evidence()).inputs, (Ranks{{0, 16}, {1, 32}}));
  options.budget = 768 + 512;
  const RankPlan plan = choose_ranks(options, evidence());
  EXPECT_EQ(plan.inputs, (Ranks{{0, 16}, {1, 32}}));
  EXPECT_EQ(plan.delta_outputs, (Ranks{{0, 32}, {1, 16}, {2, 16}}));
}

TEST(BudgetRule, NeverOverspendsAndEndsAtTheTop) {
  RankRuleOptions options = options_of(RankRule::kBudget);
  for (options.budget = 768; options.budget < 14000; options.budget += 301) {
    EXPECT_LE(adapter_parameters(choose_ranks(options, evidence()), evidence().shape),
              options.budget);
  }
  options.budget = 1 << 20;
  EXPECT_EQ(adapter_parameters(choose_ranks(options, evidence()), evidence().shape), 3 * 64 * 64);
  options.budget = 767;
  EXPECT_THROW(choose_ranks(options, evidence()), ConfigError);
}

TEST(PlanRule, ReadsTheFileAndChecksIt) {
  const testing::TempDir dir;
  RankRuleOptions options = options_of(RankRule::kPlan);
  options.plan = dir.path() / "plan.json";
  std::ofstream(options.plan)
      << choose_ranks(options_of(RankRule::kThreshold), evidence()).to_json();
  EXPECT_EQ(choose_ranks(options, evidence()).inputs, (Ranks{{0, 64}, {1, 32}}));
  RankEvidence other = evidence();
  other.shape.inputs.push_back(768);
  EXPECT_THROW(choose_ranks(options, other), DataError);
}

}  // namespace
}  // namespace eida

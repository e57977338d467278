#include <gtest/gtest.h>

#include <cmath>

#include "eida/measure/measure.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

using enum EstimatorKind;

class EstimateRound : public ::testing::TestWithParam<RankRule> {
 protected:
  RoundEstimate estimate(EstimatorKind inputs, EstimatorKind outputs) {
    constexpr auto kTask = TaskKind::kClassification;
    const auto model = testing::tiny_model(dir_.path(), kTask);
    const auto all = testing::tiny_examples(24, kTask);
    const auto pointers = testing::pointers(all);
    MeasureOptions options;
    options.sampler.draw.task = kTask;
    options.sampler.draw.batch_size = 4;
    options.inputs = {inputs, 8, 3};
    options.outputs = {outputs, 8, 3};
    options.dims = {4, 8};
    places_ = model->places();
    RankRuleOptions rule;
    rule.rule = GetParam();
    rule.fixed = 8;
    return estimate_round(*model, {pointers.begin(), pointers.begin() + 16},
                          {pointers.begin() + 16, pointers.end()}, rule, options);
  }

  testing::TempDir dir_;
  Places places_;
};

TEST_P(EstimateRound, EachSideHasTheBitsOfItsOwnEstimator) {
  const RoundEstimate mixed = estimate(centred, random), data = estimate(centred, centred),
                      blind = estimate(random, random);
  const bool measured = GetParam() != RankRule::kFixed;
  EXPECT_EQ(blind.sampling_seconds > 0, measured);  // random rows of known ranks take no sample
  for (PlaceId place = 0; place < places_.size(); ++place) {
    const bool site = places_[place].is_site();
    const RoundEstimate &same = site ? blind : data, &other = site ? data : blind;
    EXPECT_TRUE(mixed.subspaces[place].basis.equal(same.subspaces[place].basis)) << place;
    EXPECT_TRUE(mixed.subspaces[place].energy.equal(same.subspaces[place].energy)) << place;
    EXPECT_FALSE(mixed.subspaces[place].basis.equal(other.subspaces[place].basis)) << place;
    EXPECT_EQ(mixed.plan.ranks[place], same.plan.ranks[place]);
    if (measured || !site) {
      EXPECT_EQ(mixed.fidelity[place], same.fidelity[place]) << place;
      EXPECT_GT(mixed.fidelity[place], 0.0);
    } else {
      EXPECT_TRUE(std::isnan(mixed.fidelity[place]));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Rules, EstimateRound,
                         ::testing::Values(RankRule::kFixed, RankRule::kEnergy),
                         [](const auto& info) { return std::string(to_string(info.param)); });

}  // namespace
}  // namespace eida

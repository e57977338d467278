#include "../../src/model/cross_entropy.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace eida {
namespace {

struct Case {
  int64_t rows, classes;
  double smoothing;
};

void seed(int64_t value) {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(static_cast<uint64_t>(value));
}

class ScoreRows : public ::testing::TestWithParam<Case> {};

/// Against the float64 formula: largest difference of the gradients, relative to the largest
/// weight, and difference of the sums, relative to the sum plus the weights: gradient and loss of a
/// sure answer are differences of nearly equal numbers.
std::pair<double, double> differences(const Case& c, at::ScalarType dtype) {
  seed(c.rows);
  const at::Tensor stored = (at::randn({c.rows, c.classes}) * 4).to(dtype);
  const ScoredTargets scored{at::randint(c.classes, {c.rows}, at::kLong), at::rand({c.rows}),
                             c.smoothing};
  at::Tensor exact = stored.to(at::kDouble);
  const at::Tensor log_sum = exact.logsumexp(1, true);
  const double loss = cross_entropy_sum(exact, log_sum, scored).item<double>();
  to_logit_gradient_(exact, log_sum, {scored.targets, scored.weights.to(at::kDouble), c.smoothing});
  at::Tensor logits = stored.clone();
  const double sum = score_rows_(logits, scored, true);
  const double largest = scored.weights.max().item<double>();
  return {(logits.to(at::kDouble) - exact).abs().max().item<double>() / largest,
          std::abs(sum - loss) / (std::abs(loss) + scored.weights.sum().item<double>())};
}

TEST_P(ScoreRows, LossAndGradientAreThoseOfTheFormula) {
  const auto [gradient, sum] = differences(GetParam(), at::kFloat);
  EXPECT_LT(gradient, 5e-6);  // the log-sum is near 20: half a unit of its last place is 1e-6
  EXPECT_LT(sum, 2e-6);
}

TEST_P(ScoreRows, Bfloat16RoundsTheGradientOnce) {
  const auto [gradient, sum] = differences(GetParam(), at::kBFloat16);
  EXPECT_LT(gradient, 1.0 / 256);  // half a unit in the last of bfloat16's 8 places
  EXPECT_LT(sum, 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ScoreRows,
                         ::testing::Values(Case{1, 2, 0.0}, Case{5, 16, 0.0}, Case{3, 31, 0.1},
                                           Case{7, 50257, 0.0}, Case{4, 50257, 0.2}));

TEST(ScoreRowsAlone, WithoutAGradientTheLogitsStay) {
  seed(5);
  const at::Tensor stored = at::randn({4, 37});
  at::Tensor logits = stored.clone();
  const ScoredTargets scored{at::zeros({4}, at::kLong), at::ones({4}), 0.0};
  const double sum = score_rows_(logits, scored, false);
  EXPECT_TRUE(logits.equal(stored));
  EXPECT_DOUBLE_EQ(score_rows_(logits, scored, true), sum);
}

TEST(ScoreRowsAlone, WhatIsNotFiniteIsNotHidden) {
  at::Tensor logits = at::zeros({1, 40});
  logits[0][17] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(
      std::isnan(score_rows_(logits, {at::zeros({1}, at::kLong), at::ones({1}), 0.0}, true)));
}

}  // namespace
}  // namespace eida

#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eida/core/error.h"
#include "eida/subspace/fidelity.h"
#include "eida/subspace/for_each_place.h"
#include "eida/subspace/sample_sums.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::decaying;
using testing::departure;

constexpr double kRounding = 1e-12;  // float64 sums over thousands of samples, of the largest value

at::Tensor product_of(const at::Tensor& rows) {  // [n, d] -> [d, d] float64
  const at::Tensor X = rows.to(at::kDouble);
  return at::mm(X.t(), X);
}

MomentSketch sketch_of(const at::Tensor& samples, int64_t rows, int64_t part) {
  const SingleThreadScope single;  // many small products
  MomentSketch sketch(samples.size(1), rows);
  for (int64_t row = 0; row < samples.size(0); row += part)
    sketch.add(samples.narrow(0, row, std::min(part, samples.size(0) - row)), "place");
  return sketch;
}

/// What the header promises, against the exact sum.
void expect_bound(const MomentSketch& sketch, const at::Tensor& samples) {
  const at::Tensor S = product_of(samples);
  const at::Tensor values = at::linalg_eigvalsh(S),  // ascending
      missing = at::linalg_eigvalsh(S - product_of(sketch.rows()));
  const int64_t d = S.size(0), l = sketch.most_rows();
  const double rounding = kRounding * values[d - 1].item<double>();
  EXPECT_GE(missing[0].item<double>(), -rounding);
  EXPECT_LE(missing[d - 1].item<double>(), sketch.shrunk() * (1 + 1e-9) + rounding);
  for (int64_t k = 0; k <= l / 2; ++k) {
    const int64_t spare = l / 2 + 1 - k;
    const double behind = values.narrow(0, 0, d - k).sum().item<double>();
    EXPECT_LE(sketch.shrunk(), behind / static_cast<double>(spare) + rounding) << k;
  }
  EXPECT_EQ(sketch.count(), samples.size(0));
  EXPECT_NEAR(sketch.trace(), S.trace().item<double>(), rounding * d);
  EXPECT_NEAR(sketch.lost(), missing.sum().item<double>(), rounding * d);
  EXPECT_LT((sketch.sum() - samples.sum(0, false, at::kDouble)).abs().max().item<double>(), 1e-9);
}

TEST(MomentSketch, MissesNoMoreThanItSays) {
  for (const double decay : {0.0, 0.3, 1.0}) {
    const at::Tensor samples = decaying(1500, 120, decay, 1);
    const MomentSketch sketch = sketch_of(samples, 32, 100);
    EXPECT_GT(sketch.shrunk(), 0.0);
    EXPECT_LT(sketch.rows().size(0), 64);
    expect_bound(sketch, samples);
  }
}

TEST(MomentSketch, ManyBlocksWithoutTheMeanStayWithinTheBound) {
  const at::Tensor samples = decaying(4000, 60, 0.5, 2, /*mean=*/0.0);
  expect_bound(sketch_of(samples, 10, 4000), samples);
}

TEST(MomentSketch, HowSamplesAreCutIntoCallsChangesNoBit) {
  const at::Tensor samples = decaying(1100, 80, 0.5, 3);
  const MomentSketch whole = sketch_of(samples, 24, 1100);
  for (const int64_t part : {1, 7, 24, 500}) {
    const MomentSketch sketch = sketch_of(samples, 24, part);
    EXPECT_TRUE(sketch.rows().equal(whole.rows())) << part;
    EXPECT_EQ(sketch.shrunk(), whole.shrunk());
  }
}

TEST(MomentSketch, FewDirectionsAreKeptWhole) {
  constexpr int64_t kRank = 20;
  const at::Tensor samples =
      at::mm(decaying(2000, kRank, 0.5, 4), decaying(kRank, 150, 0.0, 5)).to(at::kDouble);
  const MomentSketch sketch = sketch_of(samples, 32, 90);
  SecondMoments moments(150);
  moments.add(samples);
  EXPECT_LT(sketch.shrunk(), kRounding * sketch.trace());
  for (const auto estimator :
       {EstimatorKind::mean_first, EstimatorKind::centred, EstimatorKind::uncentred,
        EstimatorKind::power_iteration, EstimatorKind::random}) {
    const EstimateOptions options{estimator, 12, 1};
    const Subspace direct = estimate_subspace(moments.view(), options, "place"),
                   sketched = estimate_subspace(sketch.view(), options, "place");
    EXPECT_LT(projector_distance(direct.basis, sketched.basis), 1e-6) << to_string(estimator);
    const double total = direct.total_energy;
    EXPECT_NEAR(total, sketched.total_energy, kRounding * total);
    EXPECT_LT((direct.energy - sketched.energy).abs().max().item<double>(), 1e-9 * total);
    EXPECT_EQ(direct.mean_in_row0, sketched.mean_in_row0);
    EXPECT_EQ(sketched.sketch.rows, 32);
    EXPECT_LT(sketched.sketch.largest_sine, 1e-6);
  }
  EXPECT_NEAR(participation_ratio(sketch.view()), participation_ratio(moments.view()), 1e-9);
}

TEST(MomentSketch, SubspacesLieWithinTheirBound) {
  constexpr int64_t kRows = 4;
  const at::Tensor samples = decaying(3000, 150, 1.5, 6);
  const MomentSketch sketch = sketch_of(samples, 64, 128);
  ASSERT_GT(sketch.shrunk(), 0.0);
  for (const auto estimator :
       {EstimatorKind::mean_first, EstimatorKind::centred, EstimatorKind::uncentred}) {
    const EstimateOptions options{estimator, kRows, 0};
    const Subspace direct = estimate_subspace(samples, options),
                   sketched = estimate_subspace(sketch.view(), options);
    const double bound = sketched.sketch.largest_sine;
    EXPECT_GT(bound, 0.0);
    EXPECT_LT(bound, 0.5);
    constexpr double kFloat = 1e-6;  // bases are float32
    EXPECT_LT(projector_distance(direct.basis, sketched.basis), bound + kFloat);
    EXPECT_LT(std::sin(relate(direct.basis, sketched.basis).largest_degrees * M_PI / 180),
              bound + kFloat)
        << to_string(estimator);
    EXPECT_LT(departure(sketched.basis), kFloat);
  }
}

TEST(MomentSketch, SubspacesKeepNearlyTheEnergyOfTheBest) {
  const at::Tensor samples = decaying(3000, 150, 0.3, 7, /*mean=*/0.0);  // no gap to speak of
  const at::Tensor S = product_of(samples);
  const MomentSketch sketch = sketch_of(samples, 64, 128);
  const Subspace subspace = estimate_subspace(sketch.view(), {EstimatorKind::uncentred, 16, 0});
  const at::Tensor basis = subspace.basis.to(at::kDouble);
  const double kept = (at::mm(basis, S) * basis).sum().item<double>() / sketch.trace(),
               best = at::linalg_eigvalsh(S).narrow(0, 150 - 16, 16).sum().item<double>() /
                      sketch.trace(),
               said = subspace.energy.sum().item<double>() / subspace.total_energy;
  EXPECT_EQ(subspace.sketch.largest_sine, 1.0);
  EXPECT_LT(best - kept, subspace.sketch.energy_missed);
  EXPECT_LE(said, kept + 1e-6);
  // The leading rows are not shortened, so that energies are near although the bound is not.
  EXPECT_LT(best - said, 0.25 * subspace.sketch.energy_missed);
}

TEST(MomentSketch, WhatTheMeanLeavesIsKeptAsNearly) {
  const at::Tensor samples = decaying(3000, 150, 0.3, 9, /*mean=*/3.0), S = product_of(samples);
  const MomentSketch sketch = sketch_of(samples, 64, 128);
  const auto kept = [&](const Subspace& subspace) {
    const at::Tensor basis = subspace.basis.to(at::kDouble);
    return (at::mm(basis, S) * basis).sum().item<double>() / sketch.trace();
  };
  const EstimateOptions options{EstimatorKind::mean_first, 16, 0};
  const Subspace sketched = estimate_subspace(sketch.view(), options);
  EXPECT_LT(kept(estimate_subspace(samples, options)) - kept(sketched),
            sketched.sketch.energy_missed);
  EXPECT_LT(sketched.sketch.energy_missed, 0.5);
  // Rows that no sample decides miss nothing.
  const Subspace random = estimate_subspace(sketch.view(), {EstimatorKind::random, 16, 0});
  EXPECT_GT(random.sketch.error, 0.0);
  EXPECT_EQ(random.sketch.energy_missed, 0.0);
}

TEST(MomentSketch, TheParticipationRatioErrsByWhatItsHeaderSays) {
  const at::Tensor samples = decaying(3000, 150, 0.5, 8);
  const MomentSketch sketch = sketch_of(samples, 64, 128);
  const at::Tensor X = samples.to(at::kDouble), centred = X - X.mean(0);
  const double n = 3000, trace = centred.square().sum().item<double>() / n;
  const double exact = trace / std::sqrt(participation_ratio(MomentView::of_samples(samples))),
               sketched = trace / std::sqrt(participation_ratio(sketch.view()));  // Frobenius norms
  EXPECT_LE(sketched, exact * (1 + 1e-9));
  EXPECT_GE(sketched, exact - std::sqrt(sketch.shrunk() * sketch.lost()) / n);
}

TEST(MomentSketch, MoreRowsThanDirectionsAreCompleted) {
  for (const at::Tensor& samples : {decaying(3, 30, 0.5, 10), at::zeros({3, 30})}) {
    for (const auto estimator :
         {EstimatorKind::mean_first, EstimatorKind::centred, EstimatorKind::uncentred,
          EstimatorKind::power_iteration, EstimatorKind::random}) {
      const Subspace subspace =
          estimate_subspace(sketch_of(samples, 8, 3).view(), {estimator, 30, 0});
      EXPECT_LT(departure(subspace.basis), 1e-6) << to_string(estimator);
      if (estimator == EstimatorKind::random) continue;
      EXPECT_LE(subspace.energy.gt(0).sum().item<int64_t>(), 3);
    }
  }
}

TEST(MomentSketch, OfAFirstPartOfTheRowsTheAngleIsUnknown) {
  const Subspace subspace = estimate_subspace(sketch_of(decaying(900, 80, 1.5, 11), 40, 900).view(),
                                              {EstimatorKind::mean_first, 4, 0});
  EXPECT_LT(subspace.sketch.largest_sine, 1.0);
  EXPECT_EQ(subspace.first(4).sketch.largest_sine, subspace.sketch.largest_sine);
  EXPECT_EQ(subspace.first(3).sketch.largest_sine, 1.0);
  EXPECT_EQ(subspace.first(3).sketch.error, subspace.sketch.error);
}

TEST(MomentSketch, RefusesWhatIsNotFiniteAndStaysAsItWas) {
  MomentSketch sketch = sketch_of(decaying(50, 10, 0.5, 12), 8, 50);
  const at::Tensor before = sketch.rows().clone();
  at::Tensor bad = decaying(5, 10, 0.5, 13);
  bad[4][9] = std::numeric_limits<float>::quiet_NaN();
  try {
    sketch.add(bad, "input 3");
    FAIL() << "no error";
  } catch (const NumericError& error) {
    EXPECT_NE(std::string(error.what()).find("samples of input 3"), std::string::npos)
        << error.what();
  }
  EXPECT_EQ(sketch.count(), 50);
  EXPECT_TRUE(sketch.rows().equal(before));
}

TEST(MomentSketch, BadShapesAreErrors) {
  MomentSketch sketch(10, 8);
  EXPECT_THROW(MomentSketch(0, 8), ConfigError);
  EXPECT_THROW(MomentSketch(10, 1), ConfigError);
  EXPECT_THROW(sketch.add(at::zeros({3, 9})), ConfigError);
  EXPECT_THROW(estimate_subspace(sketch.view(), {EstimatorKind::mean_first, 2, 0}),
               DataError);  // no samples
}

}  // namespace
}  // namespace eida

#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

#include "eida/core/error.h"
#include "eida/subspace/sample_sums.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::decaying;
using testing::departure;

TEST(SecondMoments, AreTheSumsOfTheSamples) {
  const at::Tensor samples = decaying(2500, 150, 0.5, 1),
                   X = samples.to(at::kDouble);  // three chunks, split products
  SecondMoments moments(150);
  moments.add(samples);
  EXPECT_EQ(moments.count(), 2500);
  EXPECT_LT((moments.sum() - X.sum(0)).abs().max().item<double>(), 1e-9);
  EXPECT_LT((moments.product() - at::mm(X.t(), X)).abs().max().item<double>(), 1e-9);
}

TEST(SecondMoments, GiveTheSameSubspaceAsTheSamplesWhenThereAreFew) {
  const at::Tensor samples = decaying(100, 300, 0.8, 2);
  SecondMoments moments(300);
  for (int64_t i = 0; i < 100; i += 25) moments.add(samples.narrow(0, i, 25));
  for (const auto estimator : {EstimatorKind::mean_first, EstimatorKind::centred,
                               EstimatorKind::uncentred, EstimatorKind::random}) {
    const EstimateOptions options{estimator, 32, 1};
    const Subspace a = estimate_subspace(samples, options),
                   b = estimate_subspace(moments.view(), options);
    EXPECT_LT(projector_distance(a.basis, b.basis), 1e-6) << to_string(estimator);
    EXPECT_LT((a.energy - b.energy).abs().max().item<double>(), 1e-12);
    EXPECT_NEAR(a.total_energy, b.total_energy, 1e-12);
  }
}

TEST(SecondMoments, MoreRowsThanSamplesAreCompleted) {
  SecondMoments moments(30);
  moments.add(decaying(4, 30, 0.5, 3));
  const Subspace subspace = estimate_subspace(moments.view(), {EstimatorKind::mean_first, 30, 0});
  EXPECT_LT(departure(subspace.basis), 1e-6);
  // The mean, and the residuals of four samples, which sum to zero.
  EXPECT_EQ(subspace.energy.gt(0).sum().item<int64_t>(), 4);
}

TEST(SecondMoments, RefuseWhatIsNotFiniteAndStayAsTheyWere) {
  SecondMoments moments(10);
  moments.add(decaying(5, 10, 0.5, 4));
  const at::Tensor before = moments.product().clone();
  at::Tensor bad = decaying(5, 10, 0.5, 5);
  bad[4][9] = std::numeric_limits<float>::infinity();
  EXPECT_THROW(moments.add(bad, "input 3"), NumericError);
  EXPECT_EQ(moments.count(), 5);
  EXPECT_EQ((moments.product() - before).abs().max().item<double>(), 0.0);
}

TEST(SecondMoments, BadShapesAreErrors) {
  SecondMoments moments(10);
  EXPECT_THROW(SecondMoments(0), ConfigError);
  EXPECT_THROW(moments.add(at::zeros({3, 9})), ConfigError);
  EXPECT_THROW(estimate_subspace(moments.view(), {EstimatorKind::mean_first, 2, 0}),
               DataError);  // no samples yet
}

}  // namespace
}  // namespace eida

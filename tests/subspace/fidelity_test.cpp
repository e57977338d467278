#include "eida/subspace/fidelity.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eida/core/error.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::decaying;
using testing::normal;

/// First k axes of R^d.
Subspace axes(int64_t k, int64_t d) {
  return {at::eye(d).narrow(0, 0, k), at::ones({k}, at::kDouble), 10.0, false};
}

TEST(Fidelity, IsTheCosineOfATokenAndItsProjection) {
  at::Tensor tokens = at::zeros({3, 4});
  tokens[0][0] = 2.0;                 // inside at once
  tokens[1][0] = tokens[1][1] = 3.0;  // 1 / sqrt 2, then 1
  tokens[2][3] = -1.0;                // never
  const FidelityCurve curve = fidelity(tokens, axes(2, 4), {1, 2});
  EXPECT_NEAR(curve.mean[0], (1 + std::sqrt(0.5) + 0) / 3, 1e-12);
  EXPECT_NEAR(curve.mean[1], 2.0 / 3, 1e-12);
  EXPECT_EQ(curve.tokens, 3);
}

TEST(Fidelity, EqualsTheProjectorFormula) {
  const at::Tensor training = decaying(80, 40, 0.8, 1),
                   heldout = decaying(1500, 40, 0.8, 1);  // two chunks
  const Subspace subspace = estimate_subspace(training, {EstimatorKind::mean_first, 12, 0});
  const FidelityCurve curve = fidelity(heldout, subspace, {3, 12});
  const at::Tensor X = heldout.to(at::kDouble);
  for (const auto& [i, k] : {std::pair{0, 3}, {1, 12}}) {
    const at::Tensor B = subspace.first(k).basis.to(at::kDouble);
    const at::Tensor projected = at::mm(at::mm(X, B.t()), B);
    EXPECT_NEAR(curve.mean[i], (projected.norm(2, 1) / X.norm(2, 1)).mean().item<double>(),
                1e-6);  // float32 rows
  }
}

TEST(Fidelity, ZeroVectorsAreLeftOutAndCounted) {
  const at::Tensor tokens = at::cat({at::ones({2, 4}), at::zeros({3, 4})});
  const FidelityCurve curve = fidelity(tokens, axes(2, 4), {2});
  EXPECT_EQ(curve.tokens, 2);
  EXPECT_EQ(curve.zero_vectors, 3);
  EXPECT_NEAR(curve.mean[0], std::sqrt(0.5), 1e-12);
  EXPECT_TRUE(std::isnan(fidelity(at::zeros({3, 4}), axes(2, 4), {2}).mean[0]));
}

TEST(Fidelity, RefusesWhatDoesNotFit) {
  at::Tensor tokens = at::ones({2, 4});
  EXPECT_THROW(fidelity(tokens, axes(2, 4), {3}), ConfigError);
  EXPECT_THROW(fidelity(tokens, axes(2, 4), {0}), ConfigError);
  EXPECT_THROW(fidelity(tokens, axes(2, 5), {1}), ConfigError);
  tokens[1][1] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THROW(fidelity(tokens, axes(2, 4), {1}, "input 3"), NumericError);
}

TEST(CentredFidelity, IsTheResidualsFidelityUnderTheRowsAfterTheMean) {
  const at::Tensor training = decaying(100, 30, 0.8, 2), heldout = decaying(50, 30, 0.8, 2);
  const Subspace subspace = estimate_subspace(training, {EstimatorKind::mean_first, 8, 0});
  const at::Tensor mean = training.mean(0);
  const FidelityCurve curve = centred_fidelity(heldout, subspace, mean, {1, 8});
  EXPECT_EQ(curve.mean[0], 0.0);
  const at::Tensor X = heldout.to(at::kDouble),
                   m = mean.to(at::kDouble) / mean.to(at::kDouble).norm();
  const at::Tensor R = X - at::mv(X, m).outer(m),
                   B = subspace.basis.narrow(0, 1, 7).to(at::kDouble);
  EXPECT_NEAR(curve.mean[1], (at::mm(R, B.t()).norm(2, 1) / R.norm(2, 1)).mean().item<double>(),
              1e-6);                                                   // float32 rows
  EXPECT_LT(curve.mean[1], fidelity(heldout, subspace, {8}).mean[0]);  // the mean is the easy part
}

TEST(CentredFidelity, TakesTheMeanOutOfAnyBasis) {
  const at::Tensor training = decaying(100, 30, 0.8, 3), heldout = decaying(50, 30, 0.8, 3),
                   mean = training.mean(0);
  // All of R^30 loses one dimension with the mean, and still holds every residual.
  const Subspace whole = estimate_subspace(training, {EstimatorKind::uncentred, 30, 0});
  EXPECT_NEAR(centred_fidelity(heldout, whole, mean, {30}).mean[0], 1.0, 1e-9);
  // Tokens along the mean have no residual.
  const FidelityCurve along =
      centred_fidelity(mean.unsqueeze(0).expand({4, 30}), whole, mean, {30});
  EXPECT_EQ(along.tokens, 0);
  EXPECT_EQ(along.zero_vectors, 4);
  EXPECT_EQ(centred_fidelity(heldout, whole, at::zeros({30}), {4}).mean,
            fidelity(heldout, whole, {4}).mean);
}

TEST(ExplainedEnergy, IsTheShareOfTheSecondMoment) {
  const at::Tensor samples = decaying(40, 20, 0.8, 4);
  const Subspace subspace = estimate_subspace(samples, {EstimatorKind::mean_first, 20, 0});
  const std::vector<double> shares = explained_energy(subspace, {1, 5, 20});
  EXPECT_LT(shares[0], shares[1]);
  EXPECT_NEAR(shares[2], 1.0, 1e-12);
  EXPECT_EQ(explained_energy({at::eye(2), at::zeros({2}, at::kDouble), 0.0, false}, {2})[0], 0.0);
  EXPECT_THROW(explained_energy(subspace, {21}), ConfigError);
}

TEST(MeanShare, SeparatesTheMeanFromTheSpread) {
  at::Tensor samples = at::zeros({2, 2});
  samples[0][0] = samples[1][0] = 3.0;
  samples[0][1] = 4.0;
  samples[1][1] = -4.0;
  const MeanShare share = mean_share(samples, at::eye(2)[0]);
  EXPECT_NEAR(share.energy, 9.0 / 25, 1e-12);
  EXPECT_NEAR(share.cosine, 0.6, 1e-12);
  EXPECT_EQ(mean_share(at::zeros({3, 2}), at::eye(2)[0]).energy, 0.0);
}

TEST(ParticipationRatio, CountsEqualDirections) {
  for (const int64_t n : {30, 4000}) {  // by inner products, and by the second moment
    const at::Tensor ball =
        at::cat({at::eye(40), -at::eye(40)}).narrow(1, 0, 40).repeat({n / 80 + 1, 1});
    EXPECT_NEAR(participation_ratio(MomentView::of_samples(ball + 5.0)), 40.0, 1e-6) << n;
  }
  const at::Tensor line = normal(20, 1, 1) * normal(1, 30, 2) + 1.0;
  EXPECT_NEAR(participation_ratio(MomentView::of_samples(line)), 1.0, 1e-9);
  EXPECT_EQ(participation_ratio(MomentView::of_samples(at::ones({5, 30}))), 0.0);
}

TEST(MeanPairCosine, IsTheMeanOverAllPairs) {
  const at::Tensor samples = decaying(25, 12, 0.5, 5);
  const at::Tensor X = samples.to(at::kDouble), U = X / X.norm(2, 1, true),
                   products = at::mm(U, U.t());
  double sum = 0.0;
  for (int64_t i = 0; i < 25; ++i) {
    for (int64_t j = i + 1; j < 25; ++j) sum += products[i][j].item<double>();
  }
  EXPECT_NEAR(mean_pair_cosine(samples), sum / 300, 1e-12);
  EXPECT_NEAR(mean_pair_cosine(at::cat({samples, at::zeros({3, 12})})), sum / 300, 1e-12);
  EXPECT_TRUE(std::isnan(mean_pair_cosine(samples.narrow(0, 0, 1))));
}

}  // namespace
}  // namespace eida

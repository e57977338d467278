#include <ATen/Parallel.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <limits>

#include "eida/core/error.h"
#include "eida/subspace/fidelity.h"
#include "eida/subspace/for_each_place.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::decaying;
using testing::departure;
using testing::exact_leading;
using testing::exact_mean_first;
using testing::normal;

constexpr double kRowTolerance = 1e-6;  // float32 rows of up to 3072 entries
constexpr double kProjectorTolerance =
    1e-5;  // the bound promised; float32 storage alone gives 5e-8

EstimateOptions options_of(EstimatorKind estimator, int64_t k) { return {estimator, k, 3}; }

TEST(Estimate, MeanFirstEqualsTheExactDecomposition) {
  // Below, at and above n = d; small enough for the plain decomposition and large enough for the
  // refined one.
  for (const auto& [n, d] : {std::pair{40, 96}, {300, 400}, {256, 256}, {700, 300}}) {
    for (const double decay : {0.5, 1.5}) {
      const at::Tensor samples = decaying(n, d, decay, n + d);
      const at::Tensor exact = exact_mean_first(samples, 24);
      const Subspace subspace =
          estimate_subspace(samples, options_of(EstimatorKind::mean_first, 24));
      EXPECT_TRUE(subspace.mean_in_row0);
      for (const int64_t j : {1, 8, 24}) {
        EXPECT_LT(projector_distance(subspace.first(j).basis, exact.narrow(0, 0, j)),
                  kProjectorTolerance)
            << n << " x " << d << ", decay " << decay << ", k " << j;
      }
      EXPECT_LT(departure(subspace.basis), kRowTolerance);
    }
  }
}

TEST(Estimate, CentredAndUncentredEqualTheExactDecomposition) {
  for (const int64_t n : {60, 500}) {
    const at::Tensor samples = decaying(n, 200, 0.8, 5), X = samples.to(at::kDouble);
    const Subspace centred = estimate_subspace(samples, options_of(EstimatorKind::centred, 16));
    EXPECT_LT(projector_distance(centred.basis, exact_leading(X - X.mean(0), 16)),
              kProjectorTolerance);
    const Subspace uncentred = estimate_subspace(samples, options_of(EstimatorKind::uncentred, 16));
    EXPECT_LT(projector_distance(uncentred.basis, exact_leading(X, 16)), kProjectorTolerance);
    EXPECT_GT(projector_distance(centred.basis, uncentred.basis), 0.01);
    EXPECT_FALSE(uncentred.mean_in_row0);
  }
}

TEST(Estimate, FlatSpectrumFallsBackToTheFullDecomposition) {
  const at::Tensor samples = normal(300, 400, 1).to(at::kFloat);
  const Subspace subspace = estimate_subspace(samples, options_of(EstimatorKind::uncentred, 32));
  EXPECT_LT(projector_distance(subspace.basis, exact_leading(samples.to(at::kDouble), 32)),
            kProjectorTolerance);
}

TEST(Estimate, RepeatedEigenvaluesKeepTheirSpace) {
  // 40 equal directions, then nothing like them: any basis of the 40 is right.
  const at::Tensor rows = std::get<0>(at::linalg_qr(normal(400, 40, 2))).t();
  const at::Tensor noise = normal(80, 400, 3) * 1e-3;
  const at::Tensor samples = (at::cat({rows, -rows}) + noise).to(at::kFloat);
  const Subspace subspace = estimate_subspace(at::cat({samples, samples, samples}),
                                              options_of(EstimatorKind::uncentred, 40));
  EXPECT_LT(projector_distance(subspace.basis, exact_leading(samples.to(at::kDouble), 40)),
            kProjectorTolerance);
}

TEST(Estimate, Row0IsTheMeanWithItsOwnSign) {
  const at::Tensor samples = decaying(30, 50, 0.8, 7) - 3.0;  // a negative mean
  const Subspace subspace = estimate_subspace(samples, options_of(EstimatorKind::mean_first, 5));
  const at::Tensor mean = samples.to(at::kDouble).mean(0);
  EXPECT_NEAR(at::mv(subspace.basis.to(at::kDouble), mean / mean.norm())[0].item<double>(), 1.0,
              1e-6);  // float32
  EXPECT_LT(subspace.basis[0].sum().item<float>(), 0);
}

TEST(Estimate, LargestEntryOfAnEigenvectorRowIsPositive) {
  const at::Tensor basis =
      estimate_subspace(decaying(30, 50, 0.8, 8), options_of(EstimatorKind::mean_first, 12)).basis;
  for (int64_t i = 1; i < 12; ++i) {
    EXPECT_GT(basis[i][basis[i].abs().argmax().item<int64_t>()].item<float>(), 0) << i;
  }
}

TEST(Estimate, NegligibleMeanLeavesRow0ToAnEigenvector) {
  const at::Tensor half = decaying(40, 60, 0.8, 9, 0.0);
  const at::Tensor samples = at::cat({half, -half});
  const Subspace subspace = estimate_subspace(samples, options_of(EstimatorKind::mean_first, 8));
  EXPECT_FALSE(subspace.mean_in_row0);
  EXPECT_LT(projector_distance(subspace.basis, exact_leading(samples.to(at::kDouble), 8)),
            kProjectorTolerance);
}

TEST(Estimate, EnergyIsTheSecondMomentAlongEachRow) {
  for (const auto estimator : {EstimatorKind::mean_first, EstimatorKind::uncentred,
                               EstimatorKind::power_iteration, EstimatorKind::random}) {
    for (const int64_t n : {40, 150}) {
      const at::Tensor samples = decaying(n, 100, 1.0, 10);
      const Subspace subspace = estimate_subspace(samples, options_of(estimator, 6));
      const at::Tensor X = samples.to(at::kDouble);
      const at::Tensor along = at::mm(X, subspace.basis.to(at::kDouble).t()).square().mean(0);
      EXPECT_LT(((subspace.energy - along).abs() / along).max().item<double>(),
                2e-3);  // power iteration stops at 1e-3
      EXPECT_NEAR(subspace.total_energy, X.square().sum(1).mean().item<double>(), 1e-9);
      EXPECT_LT(subspace.energy.sum().item<double>(), subspace.total_energy * (1 + 1e-9));
    }
  }
}

TEST(Estimate, PowerIterationComesCloseToTheDecomposition) {
  for (const int64_t n : {60, 150}) {
    const at::Tensor samples = decaying(n, 100, 1.5, 11);
    const Subspace subspace =
        estimate_subspace(samples, options_of(EstimatorKind::power_iteration, 8));
    EXPECT_TRUE(subspace.mean_in_row0);
    EXPECT_LT(departure(subspace.basis), kRowTolerance);
    EXPECT_LT(projector_distance(subspace.basis, exact_mean_first(samples, 8)),
              0.02);  // its tolerance is 1e-3 of the moment
  }
}

TEST(Estimate, RandomRowsKnowNothingOfTheSamples) {
  const at::Tensor a = decaying(40, 50, 1.0, 1), b = decaying(40, 50, 1.0, 2);
  const EstimateOptions options = options_of(EstimatorKind::random, 10);
  const Subspace subspace = estimate_subspace(a, options);
  EXPECT_TRUE(at::equal(subspace.basis, estimate_subspace(b, options).basis));
  EXPECT_FALSE(at::equal(subspace.basis, estimate_subspace(a, options, "another place").basis));
  EXPECT_FALSE(
      at::equal(subspace.basis, estimate_subspace(a, {EstimatorKind::random, 10, 4}).basis));
  EXPECT_LT(departure(subspace.basis), kRowTolerance);
}

TEST(Estimate, WidePlacesAtFullSizeStayOrthonormal) {
  const at::Tensor samples =
      decaying(512, 3072, 3.0, 12);  // the 63rd eigenvalue is 1e-11 of the first
  const Subspace subspace = estimate_subspace(samples, options_of(EstimatorKind::mean_first, 64));
  EXPECT_LT(departure(subspace.basis), kRowTolerance);
}

class Degenerate : public ::testing::TestWithParam<EstimatorKind> {};

TEST_P(Degenerate, FewerSamplesThanRowsAreCompleted) {
  const Subspace subspace =
      estimate_subspace(normal(3, 20, 1).to(at::kFloat), options_of(GetParam(), 20));
  EXPECT_EQ(subspace.basis.size(0), 20);
  EXPECT_LT(departure(subspace.basis), kRowTolerance);
  if (GetParam() == EstimatorKind::random) return;
  EXPECT_EQ(subspace.energy.narrow(0, 3, 17).abs().max().item<double>(), 0.0);
}

TEST_P(Degenerate, EqualSamplesGiveTheirDirectionAndNothingElse) {
  for (const int64_t n : {1, 5, 40}) {
    const at::Tensor samples = normal(1, 20, 2).to(at::kFloat).expand({n, 20});
    const Subspace subspace = estimate_subspace(samples, options_of(GetParam(), 6));
    EXPECT_LT(departure(subspace.basis), kRowTolerance);
    if (GetParam() == EstimatorKind::random) continue;
    EXPECT_EQ(subspace.energy.narrow(0, 1, 5).abs().max().item<double>(), 0.0) << n;
    if (GetParam() == EstimatorKind::centred) continue;
    EXPECT_LT(projector_distance(subspace.first(1).basis, samples.narrow(0, 0, 1)), 1e-6);
  }
}

TEST_P(Degenerate, ZeroSamplesGiveRowsWithoutEnergy) {
  for (const int64_t n : {3, 40}) {
    const Subspace subspace = estimate_subspace(at::zeros({n, 20}), options_of(GetParam(), 6));
    EXPECT_LT(departure(subspace.basis), kRowTolerance);
    EXPECT_EQ(subspace.energy.abs().max().item<double>(), 0.0);
    EXPECT_EQ(subspace.total_energy, 0.0);
  }
}

TEST_P(Degenerate, ConstantCoordinatesAreNoTrouble) {
  at::Tensor samples = decaying(30, 20, 0.5, 3);
  samples.narrow(1, 0, 5).fill_(0.0);
  samples.narrow(1, 5, 5).fill_(1.5);
  const Subspace subspace = estimate_subspace(samples, options_of(GetParam(), 20));
  EXPECT_LT(departure(subspace.basis), kRowTolerance);
  if (GetParam() == EstimatorKind::random) return;
  // Rank: 10 free coordinates and the constant one.
  EXPECT_EQ(subspace.energy.gt(0).sum().item<int64_t>(),
            GetParam() == EstimatorKind::centred ? 10 : 11);
}

TEST_P(Degenerate, NotFiniteIsAnErrorThatNamesThePlace) {
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
    for (const int64_t n : {5, 40}) {
      at::Tensor samples = decaying(n, 20, 0.5, 4);
      samples[3][7] = bad;
      try {
        estimate_subspace(samples, options_of(GetParam(), 4), "input 17");
        FAIL() << "no error";
      } catch (const NumericError& error) {
        EXPECT_NE(std::string(error.what()).find("input 17: row 3, coordinate 7"),
                  std::string::npos)
            << error.what();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Estimators, Degenerate,
                         ::testing::Values(EstimatorKind::mean_first, EstimatorKind::centred,
                                           EstimatorKind::uncentred, EstimatorKind::power_iteration,
                                           EstimatorKind::random),
                         [](const auto& info) { return std::string(to_string(info.param)); });

TEST(Estimate, BadArgumentsAreErrors) {
  const at::Tensor samples = decaying(10, 20, 0.5, 5);
  EXPECT_THROW(estimate_subspace(samples, options_of(EstimatorKind::mean_first, 21)), ConfigError);
  EXPECT_THROW(estimate_subspace(samples, options_of(EstimatorKind::mean_first, 0)), ConfigError);
  EXPECT_THROW(estimate_subspace(samples[0], options_of(EstimatorKind::mean_first, 2)),
               ConfigError);
  EXPECT_THROW(estimate_subspace(at::zeros({0, 20}), options_of(EstimatorKind::mean_first, 2)),
               DataError);
  EXPECT_THROW(estimate_subspace(samples, options_of(EstimatorKind::mean_first, 4)).first(5),
               ConfigError);
}

TEST(Estimate, ManyPlacesEqualOneByOneBitForBitAtAnyThreadCount) {
  std::vector<at::Tensor> samples;
  for (uint64_t i = 0; i < 7; ++i)
    samples.push_back(decaying(i == 3 ? 500 : 200, i % 2 ? 250 : 300, 0.8, i));
  const EstimateOptions options = options_of(EstimatorKind::mean_first, 32);
  const int threads = at::get_num_threads();
  for (const int count : {1, 2, 3}) {
    at::set_num_threads(count);
    std::vector<Subspace> together(samples.size());
    for_each_place(samples.size(),
                   [&](size_t i) { together[i] = estimate_subspace(samples[i], options); });
    EXPECT_EQ(at::get_num_threads(), count);
    for (size_t i = 0; i < samples.size(); ++i) {
      const Subspace alone = estimate_subspace(samples[i], options);
      EXPECT_TRUE(at::equal(alone.basis, together[i].basis)) << count << " threads, place " << i;
      EXPECT_TRUE(at::equal(alone.energy, together[i].energy));
    }
  }
  at::set_num_threads(threads);
}

TEST(Estimate, OnlyWhatNeedsNoSamplesIsEstimatedWithoutThem) {
  const EstimateOptions options = options_of(EstimatorKind::random, 10);
  const Subspace blind = estimate_unsampled(50, options, "place"),
                 seeing = estimate_subspace(decaying(40, 50, 1.0, 1), options, "place");
  EXPECT_TRUE(at::equal(blind.basis, seeing.basis));
  EXPECT_EQ(blind.total_energy, 0.0);
  EXPECT_EQ(blind.energy.abs().max().item<double>(), 0.0);
  EXPECT_EQ(estimate_unsampled(7, options, "narrow").basis.size(0), 7);
  for (const auto& row : Choices<EstimatorKind>::kAll) {
    if (!needs_samples(row.value)) continue;
    EXPECT_THROW(estimate_unsampled(50, options_of(row.value, 10), "place"), ConfigError)
        << row.name;
  }
}

TEST(Subspace, AScaleChunksTheRowsOfAdaptersAndNothingThatIsMeasured) {
  const at::Tensor samples = decaying(60, 40, 0.8, 3), fresh = decaying(50, 40, 0.8, 3);
  const Subspace plain = estimate_subspace(samples, options_of(EstimatorKind::mean_first, 8));
  EXPECT_TRUE(plain.scaled_basis().is_same(plain.basis));  // no bit, no copy
  Subspace whitened = plain;
  whitened.scale = plain.energy.rsqrt();
  EXPECT_EQ(fidelity(fresh, whitened, {3, 8}).mean, fidelity(fresh, plain, {3, 8}).mean);
  EXPECT_EQ(explained_energy(whitened, {3, 8}), explained_energy(plain, {3, 8}));
  const at::Tensor mean = samples.mean(0);
  EXPECT_EQ(centred_fidelity(fresh, whitened, mean, {8}).mean,
            centred_fidelity(fresh, plain, mean, {8}).mean);
  // What an adapter sees of the samples has second moment 1 along each row.
  const at::Tensor A = whitened.first(5).scaled_basis();
  ASSERT_EQ(A.sizes(), (std::vector<int64_t>{5, 40}));
  const at::Tensor seen = at::mm(samples, A.t()).square().mean(0, false, at::kDouble);
  EXPECT_LT((seen - 1).abs().max().item<double>(), 1e-5);  // float32
}

}  // namespace
}  // namespace eida

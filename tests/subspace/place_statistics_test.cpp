#include "eida/subspace/place_statistics.h"

#include <gtest/gtest.h>

#include <limits>

#include "eida/core/error.h"
#include "eida/subspace/for_each_place.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::decaying;

constexpr int64_t kDim = 48;
constexpr int64_t kMany = 2 * (kDim + PlaceStatistics::kMostKept) + 1000;

/// Statistics of samples that come in parts.
PlaceStatistics statistics_of(const at::Tensor& samples, int64_t part) {
  PlaceStatistics statistics({samples.size(0), samples.size(1)}, "place");
  for (int64_t row = 0; row < samples.size(0); row += part)
    statistics.add(samples.narrow(0, row, std::min(part, samples.size(0) - row)));
  return statistics;
}

TEST(PlaceStatistics, KeepAFewSamplesAsTheyAre) {
  const at::Tensor samples = decaying(300, kDim, 0.5, 1);
  const PlaceStatistics statistics = statistics_of(samples, 77);
  EXPECT_TRUE(statistics.samples().equal(samples));
  const EstimateOptions options{EstimatorKind::mean_first, 8, 0};
  EXPECT_TRUE(estimate_subspace(statistics, options)
                  .basis.equal(estimate_subspace(samples, options, "place").basis));
}

TEST(PlaceStatistics, ManySamplesGiveTheSubspaceThatTheyHave) {
  const at::Tensor samples = decaying(kMany, kDim, 0.7, 2), X = samples.to(at::kDouble);
  const PlaceStatistics place = statistics_of(samples, 700);
  ASSERT_EQ(PlaceSize({kMany, kDim}).kept(), Kept::kMoments);
  EXPECT_EQ(place.count(), kMany);
  const auto expect = [&](EstimatorKind estimator, const at::Tensor& rows, const at::Tensor& of) {
    const Subspace summed = estimate_subspace(place, {estimator, 16, 0});
    EXPECT_LT(projector_distance(rows, summed.basis), 1e-6) << to_string(estimator);
    EXPECT_NEAR(of.square().sum(1).mean().item<double>(), summed.total_energy, 1e-10);
  };
  expect(EstimatorKind::mean_first, testing::exact_mean_first(samples, 16), X);
  const at::Tensor centred = X - X.mean(0);
  expect(EstimatorKind::centred, testing::exact_leading(centred, 16), centred);
  expect(EstimatorKind::uncentred, testing::exact_leading(X, 16), X);
}

TEST(PlaceStatistics, SecondMomentsHoldASubspaceWhereEigenvaluesAreAThousandthApart) {
  constexpr int64_t kWide = 768, kRows = 64;
  const int64_t n = 2 * (kWide + PlaceStatistics::kMostKept) + 1;
  // Eigenvalues j^-0.24, whose distance behind the 64th is near the largest that a power gives.
  const at::Tensor U = std::get<0>(at::linalg_qr(testing::normal(n, kWide, 21))),
                   V = std::get<0>(at::linalg_qr(testing::normal(kWide, kWide, 22)));
  const at::Tensor values = at::arange(1, kWide + 1, at::kDouble).pow(-0.24);
  const double gap = (values[kRows - 1] - values[kRows]).item<double>();
  ASSERT_GT(gap, 1e-3);
  ASSERT_LT(gap, 1.5e-3);
  const at::Tensor samples = at::mm(U * values.sqrt(), V.t()).to(at::kFloat);
  ASSERT_EQ(PlaceSize({n, kWide}).kept(), Kept::kMoments);
  const Subspace summed =
      estimate_subspace(statistics_of(samples, 500), {EstimatorKind::uncentred, kRows, 0});
  const at::Tensor exact = testing::exact_leading(samples.to(at::kDouble), kRows);
  EXPECT_LT(projector_distance(exact, summed.basis), 1e-6);
}

TEST(PlaceStatistics, ManySamplesAreDescribedAsAWhole) {
  const at::Tensor samples = decaying(kMany, kDim, 0.7, 3);
  const PlaceStatistics statistics = statistics_of(samples, 333);
  const at::Tensor mean = samples.mean(0, false, at::kDouble);
  EXPECT_LT((statistics.mean() - mean).abs().max().item<double>(), 1e-12);
  EXPECT_NEAR(participation_ratio(statistics.view()),
              participation_ratio(MomentView::of_samples(samples)), 1e-9);
  EXPECT_NEAR(statistics.mean_pair_cosine(), mean_pair_cosine(samples), 1e-12);
  const MeanShare whole = mean_share(samples, mean), share = statistics.mean_share(mean);
  EXPECT_NEAR(share.energy, whole.energy, 1e-12);
  EXPECT_NEAR(share.cosine, whole.cosine, 0.02);  // of 1,024 samples instead of 3,144
}

TEST(PlaceStatistics, KeepSamplesAtEvenDistances) {
  const at::Tensor samples = at::arange(kMany, at::kFloat).unsqueeze(1).expand({kMany, kDim});
  const at::Tensor kept = statistics_of(samples, 100).samples();
  ASSERT_EQ(kept.size(0), PlaceStatistics::kMostKept);
  for (int64_t i = 0; i < kept.size(0); ++i) {
    const int64_t number = i * kMany / PlaceStatistics::kMostKept;
    EXPECT_EQ(kept[i][0].item<float>(), static_cast<float>(number));
  }
}

TEST(PlaceStatistics, HoldNoMoreThanTheySay) {
  for (const int64_t dim : {48, 384, 3072}) {
    const int64_t most = 2 * (dim + PlaceStatistics::kMostKept);
    const PlaceSize few{most, dim}, more{most + 1, dim}, many{1'000'000'000, dim};
    EXPECT_EQ(few.kept(), Kept::kSamples);
    EXPECT_EQ(more.kept(), Kept::kMoments);
    EXPECT_LE(more.bytes(), few.bytes() * 1.001);
    EXPECT_EQ(many.bytes(), more.bytes());
    EXPECT_EQ(many.estimation_bytes(), more.estimation_bytes());
  }
}

TEST(PlaceStatistics, SketchWidePlacesWhereThatIsSmaller) {
  const auto kept = [](int64_t rows, int64_t dim, int64_t from, int64_t sketch_rows) {
    return PlaceSize{rows, dim, from, sketch_rows}.kept();
  };
  EXPECT_EQ(kept(100'000, 4096, 4096, 256), Kept::kSketch);
  EXPECT_EQ(kept(100'000, 4095, 4096, 256), Kept::kMoments);
  EXPECT_EQ(kept(100'000, 4096, 0, 256), Kept::kMoments);      // never
  EXPECT_EQ(kept(100'000, 4096, 4096, 2048), Kept::kMoments);  // as large as moments
  EXPECT_EQ(kept(10'000, 4096, 1, 256), Kept::kSamples);
  const PlaceSize sketch{100'000, 6400, 4096, 256}, moments{100'000, 6400, 0, 256};
  EXPECT_LT(sketch.bytes(), 0.3 * moments.bytes());
  EXPECT_LT(sketch.estimation_bytes(), 0.2 * moments.estimation_bytes());
  EXPECT_EQ(MomentSketch::bytes(6400, 256),
            static_cast<double>(MomentSketch(6400, 256).rows().storage().nbytes()));
}

TEST(PlaceStatistics, SketchedPlacesAreDescribedAsAWhole) {
  const at::Tensor samples = decaying(kMany, kDim, 1.5, 7);
  const PlaceSize size{kMany, kDim, 1, 16};
  const SingleThreadScope single;  // many small products
  std::vector<PlaceStatistics> places;
  for (const int64_t part : {333, 1000}) {
    PlaceStatistics& place = places.emplace_back(size, "place");
    for (int64_t row = 0; row < kMany; row += part)
      place.add(samples.narrow(0, row, std::min(part, kMany - row)));
  }
  const PlaceStatistics& statistics = places[0];
  ASSERT_EQ(size.kept(), Kept::kSketch);
  const at::Tensor mean = samples.mean(0, false, at::kDouble);
  EXPECT_LT((statistics.mean() - mean).abs().max().item<double>(), 1e-12);
  EXPECT_NEAR(statistics.mean_pair_cosine(), mean_pair_cosine(samples), 1e-12);
  EXPECT_NEAR(statistics.mean_share(mean).energy, mean_share(samples, mean).energy, 1e-12);
  EXPECT_NEAR(participation_ratio(statistics.view()),
              participation_ratio(MomentView::of_samples(samples)), 0.01);
  EXPECT_EQ(statistics.samples().size(0), PlaceStatistics::kMostKept);
  const EstimateOptions options{EstimatorKind::mean_first, 3, 0};
  const Subspace direct = estimate_subspace(samples, options, "place"),
                 sketched = estimate_subspace(statistics, options);
  EXPECT_TRUE(sketched.basis.equal(estimate_subspace(places[1], options).basis));
  EXPECT_EQ(sketched.sketch.rows, 16);
  EXPECT_LT(sketched.sketch.largest_sine, 0.5);
  EXPECT_LT(projector_distance(direct.basis, sketched.basis), sketched.sketch.largest_sine);
  EXPECT_NEAR(direct.total_energy, sketched.total_energy, 1e-10);
}

TEST(PlaceStatistics, RefuseMoreThanWasAnnouncedAndWhatIsNotFinite) {
  PlaceStatistics few({10, kDim}, "input 3");
  few.add(decaying(6, kDim, 0.5, 4));
  EXPECT_THROW(few.add(decaying(5, kDim, 0.5, 5)), ConfigError);
  EXPECT_THROW(few.add(decaying(4, kDim + 1, 0.5, 5)), ConfigError);
  at::Tensor bad = decaying(kMany, kDim, 0.5, 6);
  bad[kMany / 2][3] = std::numeric_limits<float>::infinity();
  for (const int64_t sketch_from : {0, 1}) {
    PlaceStatistics many({kMany, kDim, sketch_from, 16}, "place");
    try {
      many.add(bad);
      FAIL() << "no error";
    } catch (const NumericError& error) {
      const std::string fault =
          fmt::format("samples of place: row {}, coordinate 3 is inf", kMany / 2);
      EXPECT_NE(std::string(error.what()).find(fault), std::string::npos) << error.what();
    }
  }
}

}  // namespace
}  // namespace eida

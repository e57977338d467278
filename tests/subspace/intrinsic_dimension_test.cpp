#include "eida/subspace/intrinsic_dimension.h"

#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <limits>

#include "eida/core/error.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::normal;

/// Points of R^m turned into R^64.
at::Tensor embedded(const at::Tensor& points, uint64_t seed) {
  const at::Tensor rows = std::get<0>(at::linalg_qr(normal(64, points.size(1), seed))).t();
  return (at::mm(points, rows) + 0.7).to(at::kFloat);
}

at::Tensor uniform(int64_t n, int64_t m, uint64_t seed) {
  Rng rng(seed, "uniform");
  at::Tensor out = at::empty({n, m}, at::kDouble);
  for (int64_t i = 0; i < n * m; ++i) out.mutable_data_ptr<double>()[i] = rng.uniform();
  return out;
}

/// Within 15 %: what 1,000 points allow up to a few dimensions.
void expect_dimension(const IntrinsicDimension& found, double dimension) {
  EXPECT_NEAR(found.two_nn.value(), dimension, 0.15 * dimension);
  EXPECT_NEAR(found.mle.value(), dimension, 0.15 * dimension);
}

TEST(IntrinsicDimension, IsFoundOnGaussiansAndCubes) {
  for (const int64_t m : {1, 2, 5}) {
    expect_dimension(intrinsic_dimension(embedded(normal(1000, m, 1), 2)), static_cast<double>(m));
    expect_dimension(intrinsic_dimension(embedded(uniform(1000, m, 3), 4)), static_cast<double>(m));
  }
}

TEST(IntrinsicDimension, SeesACurvedSheetAsTwo) {
  const at::Tensor uv = uniform(1000, 2, 5);
  const at::Tensor u = uv.select(1, 0) * 9 + 4, v = uv.select(1, 1) * 20;
  const at::Tensor roll =
      at::cat({(u * u.cos()).unsqueeze(1), v.unsqueeze(1), (u * u.sin()).unsqueeze(1)}, 1);
  expect_dimension(intrinsic_dimension(embedded(roll, 6)), 2.0);
}

TEST(IntrinsicDimension, DuplicatesAreLeftOutAndCounted) {
  const at::Tensor points = embedded(normal(300, 3, 7), 8);
  const IntrinsicDimension once = intrinsic_dimension(points),
                           twice = intrinsic_dimension(at::cat({points, points}));
  EXPECT_EQ(twice.points, 300);
  EXPECT_EQ(twice.duplicates, 300);
  EXPECT_NEAR(*twice.two_nn, *once.two_nn, 1e-6);
  EXPECT_NEAR(*twice.mle, *once.mle, 1e-6);
}

TEST(IntrinsicDimension, SaysNothingWhereThereAreTooFewPoints) {
  const IntrinsicDimension equal = intrinsic_dimension(at::ones({50, 8}));
  EXPECT_EQ(equal.points, 1);
  EXPECT_FALSE(equal.two_nn || equal.mle);
  const IntrinsicDimension few = intrinsic_dimension(normal(6, 8, 9));
  EXPECT_TRUE(few.two_nn.has_value());
  EXPECT_FALSE(few.mle.has_value());
}

TEST(IntrinsicDimension, ManySamplesAreThinned) {
  IntrinsicDimensionOptions options;
  options.max_points = 200;
  EXPECT_EQ(intrinsic_dimension(embedded(normal(1001, 3, 10), 11), options).points, 200);
}

TEST(IntrinsicDimension, BadInputIsAnError) {
  at::Tensor points = normal(20, 5, 12);
  EXPECT_THROW(intrinsic_dimension(points[0]), ConfigError);
  EXPECT_THROW(intrinsic_dimension(points, {1, 100}), ConfigError);
  points[3][2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(intrinsic_dimension(points, {}, "input 4"), NumericError);
}

}  // namespace
}  // namespace eida

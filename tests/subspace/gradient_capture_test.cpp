#include <gtest/gtest.h>

#include <limits>

#include "eida/core/error.h"
#include "eida/subspace/fidelity.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::normal;

at::Tensor rows(int64_t k, int64_t d, uint64_t seed) {
  return std::get<0>(at::linalg_qr(normal(d, k, seed))).t().to(at::kFloat);
}

double squared(const at::Tensor& tensor) {
  return tensor.to(at::kDouble).square().sum().item<double>();
}

constexpr double kFloat32 = 1e-5;  // relative; products are taken in float32

TEST(GradientCapture, EqualsTheGradientItself) {
  for (const int64_t t : {9, 400}) {  // few tokens: inner products; many: blocks of the gradient
    const at::Tensor x = normal(t, 50, 1).to(at::kFloat),
                     delta = normal(t, 300, 2).to(at::kFloat) * 1e-5;
    const at::Tensor A = rows(16, 50, 3), C = rows(8, 300, 4);
    const at::Tensor G = at::mm(delta.to(at::kDouble).t(), x.to(at::kDouble));
    GradientCapture capture;
    add_gradient(x, delta, A, C, {4, 8, 16}, capture);
    EXPECT_NEAR(capture.total / squared(G), 1.0, kFloat32);
    for (const auto& [i, k_in, k_out] : {std::tuple{0, 4, 4}, {1, 8, 8}, {2, 16, 8}}) {
      const at::Tensor B = at::mm(at::mm(C.narrow(0, 0, k_out).to(at::kDouble), G),
                                  A.narrow(0, 0, k_in).to(at::kDouble).t());
      EXPECT_NEAR(capture.captured[i] / squared(B), 1.0, kFloat32);
    }
  }
}

TEST(GradientCapture, WholeSpaceCapturesEverything) {
  const at::Tensor x = normal(7, 12, 5), delta = normal(7, 10, 6);
  GradientCapture capture;
  add_gradient(x, delta, rows(12, 12, 7), rows(10, 10, 8), {3, 12}, capture);
  EXPECT_LT(capture.shares()[0], 1.0);
  EXPECT_NEAR(capture.shares()[1], 1.0, kFloat32);
}

TEST(GradientCapture, AddsUpOverBatchesAndMerges) {
  const at::Tensor A = rows(4, 12, 1), C = rows(4, 10, 2);
  GradientCapture all, first, second;
  for (uint64_t batch = 0; batch < 4; ++batch) {
    const at::Tensor x = normal(5, 12, batch), delta = normal(5, 10, batch + 9);
    add_gradient(x, delta, A, C, {2, 4}, all);
    add_gradient(x, delta, A, C, {2, 4}, batch < 2 ? first : second);
  }
  first.merge(second);
  first.merge(GradientCapture());
  EXPECT_EQ(first.batches, 4);
  EXPECT_NEAR(first.total, all.total, 1e-12 * all.total);
  EXPECT_NEAR(first.captured[1], all.captured[1], 1e-12 * all.total);
}

TEST(GradientCapture, TinyGradientsDoNotUnderflow) {
  const at::Tensor x = normal(6, 12, 3), delta = normal(6, 10, 4), A = rows(4, 12, 5),
                   C = rows(4, 10, 6);
  GradientCapture plain, tiny;
  add_gradient(x, delta, A, C, {4}, plain);
  add_gradient(x, (delta * 1e-25).to(at::kFloat), A, C, {4}, tiny);
  EXPECT_NEAR(tiny.shares()[0], plain.shares()[0], kFloat32);
  GradientCapture zero;
  add_gradient(x, delta * 0, A, C, {4}, zero);
  EXPECT_EQ(zero.shares()[0], 0.0);
}

TEST(GradientCapture, BadInputIsAnError) {
  at::Tensor x = normal(6, 12, 3), delta = normal(6, 10, 4);
  const at::Tensor A = rows(4, 12, 5), C = rows(4, 10, 6);
  GradientCapture capture;
  EXPECT_THROW(add_gradient(x, delta.narrow(0, 0, 5), A, C, {4}, capture), ConfigError);
  EXPECT_THROW(add_gradient(x, delta, C, A, {4}, capture), ConfigError);
  EXPECT_THROW(add_gradient(x, delta, A, C, {0}, capture), ConfigError);
  x[0][0] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(add_gradient(x, delta, A, C, {4}, capture), NumericError);
  EXPECT_EQ(capture.total, 0.0);
  EXPECT_EQ(capture.batches, 0);
}

}  // namespace
}  // namespace eida

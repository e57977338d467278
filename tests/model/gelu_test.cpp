#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/linspace.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include <limits>

#include "../../src/model/layers.h"

namespace eida {
namespace {

/// All bf16 numbers of size up to 2^5, and zero; a length that no vector register divides.
at::Tensor numbers() {
  const at::Tensor bits = at::arange(0, 0x4201, at::kInt);  // 0 .. 32.125 as bf16
  const at::Tensor positive = bits.bitwise_left_shift(16).view(at::kFloat).to(at::kBFloat16);
  return at::cat({positive, -positive.narrow(0, 1, positive.size(0) - 2)});
}

struct Outcome {
  at::Tensor y, dx;
};

Outcome outcome(at::Tensor x, at::Tensor (*function)(const at::Tensor&), const at::Tensor& dy) {
  const c10::AutoGradMode with_gradients(true);
  x = x.detach().clone().requires_grad_(true);
  const at::Tensor y = function(x);
  y.backward(dy);
  return {y.detach(), x.grad()};
}

at::Tensor reference(const at::Tensor& x) { return at::gelu(x, "tanh"); }

TEST(TanhGelu, IsTheExactFunctionRoundedToBf16) {
  const at::Tensor x = numbers(), dy = at::linspace(-2, 2, x.size(0), at::kFloat).to(at::kBFloat16);
  const Outcome ours = outcome(x, tanh_gelu, dy),
                exact = outcome(x.to(at::kDouble), reference, dy.to(at::kDouble));
  ASSERT_EQ(ours.y.scalar_type(), at::kBFloat16);
  // Half a unit in the last of 8 bits is 2^-8 of the number; tails below float32's smallest normal
  // number lie near zero.
  const auto worst = [](const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kDouble) - b).abs() / (b.abs() + 1e-11)).max().item<double>();
  };
  EXPECT_LT(worst(ours.y, exact.y), 1.02 / 256);
  // s + x s (1 - s) v' passes through zero near x = -0.75: there the error of float32 shows.
  EXPECT_LT(
      ((ours.dx.to(at::kDouble) - exact.dx).abs() / (exact.dx.abs() + 1e-6)).max().item<double>(),
      1.3 / 256);
}

TEST(TanhGelu, OtherTypesAreLibTorchs) {
  const at::Tensor x = numbers().to(at::kFloat);
  EXPECT_TRUE(tanh_gelu(x).equal(reference(x)));
}

TEST(TanhGelu, TakesAnyShapeAndKeepsNaN) {
  const at::Tensor x = numbers().narrow(0, 0, 60).view({3, 20}).t();  // not contiguous
  EXPECT_TRUE(tanh_gelu(x).equal(tanh_gelu(x.contiguous())));
  const at::Tensor nan = at::full({17}, std::numeric_limits<double>::quiet_NaN(), at::kBFloat16);
  EXPECT_TRUE(tanh_gelu(nan).isnan().all().item<bool>());
}

}  // namespace
}  // namespace eida

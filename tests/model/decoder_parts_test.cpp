#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "../../src/model/layers.h"
#include "../../src/model/rotary.h"
#include "eida/tensor/device.h"
#include "model/golden.h"

namespace eida {
namespace {

using testing::largest_difference;

/// Every head turned in float64. \param x [N, heads * 2 * half]
at::Tensor turned(const at::Tensor& x, const at::Tensor& frequencies, const at::Tensor& positions) {
  const int64_t half = frequencies.size(0);
  const auto halves = x.to(at::kDouble).reshape({x.size(0), -1, 2, half}).unbind(2);
  const at::Tensor angle =
      (positions.to(at::kDouble).unsqueeze(1) * frequencies.to(at::kDouble)).unsqueeze(1);
  return at::cat({halves[0] * angle.cos() - halves[1] * angle.sin(),
                  halves[1] * angle.cos() + halves[0] * angle.sin()},
                 2)
      .reshape(x.sizes());
}

TEST(Rotary, TurnsEveryHeadAndItsGradientBack) {
  at::manual_seed(2);
  for (const int64_t head_dim : {2, 6, 32, 74}) {
    RotaryTable table({}, head_dim, at::kCPU);
    const at::Tensor positions = long_tensor({0, 1, 7, 0, 30});
    at::Tensor packed = at::randn({5, 5 * head_dim}).set_requires_grad(true);
    const at::Tensor x = packed.narrow(1, head_dim, 3 * head_dim);  // a view, as of a fused layer
    const at::Tensor weight = at::randn({5, 3 * head_dim});
    const at::Tensor ours = rotate(x, table.rows(31), positions);
    const at::Tensor expected = turned(x, rotary_frequencies({}, head_dim), positions);
    EXPECT_LT(largest_difference(ours, expected), 5e-6);  // float32 angles up to 30
    (ours * weight).sum().backward();
    const at::Tensor gradient = packed.grad().clone();
    packed.mutable_grad() = at::Tensor();
    (expected * weight).sum().backward();
    EXPECT_LT(largest_difference(gradient, packed.grad()), 5e-6);
    const at::Tensor narrow = rotate(x.to(at::kBFloat16), table.rows(31), positions);
    EXPECT_LT(largest_difference(narrow, expected), 1e-2);  // rounded twice to eight bits
  }
}

TEST(Rotary, TheTableGrowsAndKeepsItsValues) {
  RotaryTable table({.base = 100.0}, 8, at::kCPU);
  const at::Tensor few = table.rows(3).clone();
  const at::Tensor more = table.rows(100);
  EXPECT_GE(more.size(0), 100);
  EXPECT_TRUE(few.equal(more.narrow(0, 0, few.size(0))));
}

// Source: transformers 5.23, _compute_llama3_parameters, of a head of 8, base 10000, factor 8,
// low_freq_factor 1, high_freq_factor 4 and 8192 positions.
TEST(Rotary, LongWavesAreScaledAsInLlama3) {
  const RotarySpec spec{1e4, RotarySpec::Scaling::kLlama3, 8.0, 1.0, 4.0, 64};
  const at::Tensor plain = rotary_frequencies({}, 8), scaled = rotary_frequencies(spec, 8);
  EXPECT_EQ(scaled[0].item<float>(), plain[0].item<float>());      // a wave of 6 tokens
  EXPECT_EQ(scaled[3].item<float>(), plain[3].item<float>() / 8);  // of 6283
  const double share = (64.0 / 62.83185307 - 1.0) / 3.0;           // of 63: between 16 and 64
  EXPECT_NEAR(scaled[1].item<double>(), 0.1 * ((1 - share) / 8 + share), 1e-8);
  const RotarySpec linear{1e4, RotarySpec::Scaling::kLinear, 2.5};
  EXPECT_LT(largest_difference(rotary_frequencies(linear, 8) * 2.5, plain), 1e-7);
}

TEST(RmsNorm, EqualsFloat64WithItsGradients) {
  at::manual_seed(3);
  for (const int64_t width : {1, 15, 16, 50}) {
    at::Tensor x = at::randn({7, width}).set_requires_grad(true);
    at::Tensor weight = at::randn({width}).set_requires_grad(true);
    const at::Tensor factor = at::randn({7, width});
    const RmsOptions options{1e-3, 1.0};
    const at::Tensor ours = rms_norm(x, weight, options);
    (ours * factor).sum().backward();
    const at::Tensor d_x = x.grad().clone(), d_weight = weight.grad().clone();
    x.mutable_grad() = weight.mutable_grad() = at::Tensor();
    const at::Tensor wide = x.to(at::kDouble);
    const at::Tensor expected =
        wide * (wide.square().mean(1, true) + 1e-3).rsqrt() * (weight.to(at::kDouble) + 1.0);
    (expected * factor).sum().backward();
    EXPECT_LT(largest_difference(ours, expected), 2e-6);
    EXPECT_LT(largest_difference(d_x, x.grad()), 5e-6);
    EXPECT_LT(largest_difference(d_weight, weight.grad()), 2e-6);
  }
}

TEST(Gated, EqualsTheTwoStepsWithTheirGradients) {
  at::manual_seed(4);
  for (const char* name : {"silu", "gelu_pytorch_tanh", "gelu", "relu"}) {
    for (const int64_t width : {1, 16, 21}) {
      at::Tensor both = (at::randn({5, 2 * width}) * 4).set_requires_grad(true);
      const auto halves = both.chunk(2, 1);
      const at::Tensor factor = at::randn({5, width});
      const at::Tensor ours = gated(halves[0], halves[1], name);
      (ours * factor).sum().backward();
      const at::Tensor gradient = both.grad().clone();
      both.mutable_grad() = at::Tensor();
      const at::Tensor expected =
          activate(halves[0].to(at::kDouble), name) * halves[1].to(at::kDouble);
      (expected * factor).sum().backward();
      EXPECT_LT(largest_difference(ours, expected), 2e-6) << name;
      EXPECT_LT(largest_difference(gradient, both.grad()), 2e-6) << name;
    }
  }
}

}  // namespace
}  // namespace eida

#include "eida/model/hookable_linear.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <c10/core/GradMode.h>
#include <gtest/gtest.h>

#include "../../src/model/layers.h"
#include "model/golden.h"

namespace eida {
namespace {

using testing::largest_difference;

/// Keeps what it saw.
struct Recorder : Tap {
  void on_input(const at::Tensor& x) override {
    input = x.clone();
    gradients_on = c10::GradMode::is_enabled();
  }
  void on_output_gradient(const at::Tensor& delta) override { output_gradient = delta.clone(); }
  at::Tensor input, output_gradient;
  bool gradients_on = true;
};

class Layouts : public ::testing::TestWithParam<WeightLayout> {
 protected:
  void SetUp() override { at::manual_seed(3); }
  /// Weight [out 5, in 7] as the layout stores it.
  HookableLinear layer() {
    const at::Tensor stored = (GetParam() == WeightLayout::kOutIn ? out_in_ : out_in_.t())
                                  .clone(at::MemoryFormat::Contiguous);
    return {"layer", stored, bias_, GetParam()};
  }
  at::Tensor out_in_ = at::randn({5, 7}), bias_ = at::randn({5}), x_ = at::randn({4, 7});
};

TEST_P(Layouts, ForwardIsXWTransposedPlusB) {
  const HookableLinear linear = layer();
  EXPECT_EQ(linear.in_features(), 7);
  EXPECT_EQ(linear.out_features(), 5);
  EXPECT_TRUE(linear.weight_out_in().equal(out_in_));
  EXPECT_LT(largest_difference(linear.forward(x_), x_.matmul(out_in_.t()) + bias_), 1e-6);
}

TEST_P(Layouts, APackedWeightGivesTheBitsOfItsCast) {
  const at::Tensor stored = at::randn({64, 96});
  HookableLinear linear("layer", stored, {}, GetParam());
  const auto check = [&] {
    const at::Tensor plain = linear.weight_out_in().to(at::kBFloat16);
    at::Tensor x = at::randn({20, plain.size(1)}).to(at::kBFloat16).requires_grad_(true);
    const at::Tensor y = linear.forward(x), dy = at::randn_like(y);
    EXPECT_TRUE(y.equal(affine(x.detach(), plain)));
    y.backward(dy);
    EXPECT_TRUE(x.grad().equal(affine(dy, plain.t())));
  };
  check();
  stored.mul_(-2.0);  // the packed copy is stale
  check();
}

TEST_P(Layouts, TapSeesInputAndOutputGradientOfAFrozenLayer) {
  HookableLinear linear = layer();
  Recorder recorder;
  {
    const TapScope scope = tap_for_scope(linear, &recorder);
    const at::Tensor y = linear.forward(x_);
    ASSERT_TRUE(y.requires_grad());
    (y * y).sum().backward();
    EXPECT_LT(largest_difference(recorder.output_gradient, 2 * y.detach()), 1e-6);
  }
  EXPECT_TRUE(recorder.input.equal(x_));
  EXPECT_FALSE(recorder.gradients_on);
  EXPECT_FALSE(linear.weight().grad().defined());
  EXPECT_EQ(linear.tap(), nullptr);
}

TEST_P(Layouts, WithoutGradientsTheTapSeesInputsOnly) {
  HookableLinear linear = layer();
  Recorder recorder;
  const TapScope scope = tap_for_scope(linear, &recorder);
  const c10::AutoGradMode off(false);
  EXPECT_FALSE(linear.forward(x_).requires_grad());
  EXPECT_TRUE(recorder.input.defined());
}

TEST_P(Layouts, BFloat16CopyOfAFrozenWeightFollowsTheWeight) {
  const HookableLinear linear = layer();
  const at::Tensor x = x_.to(at::kBFloat16);
  const at::Tensor before = linear.forward(x);
  EXPECT_EQ(before.scalar_type(), at::kBFloat16);
  EXPECT_LT(largest_difference(before, x_.matmul(out_in_.t()) + bias_), 0.02);  // 8 bits
  linear.weight().mul_(2);
  EXPECT_LT(largest_difference(linear.forward(x), x_.matmul(2 * out_in_.t()) + bias_), 0.02);
  const at::Tensor& weight = linear.weight();
  weight.set_data(weight.neg());
  EXPECT_LT(largest_difference(linear.forward(x), x_.matmul(-2 * out_in_.t()) + bias_), 0.02);
}

TEST_P(Layouts, TrainableWeightGetsAFloat32GradientThroughBFloat16) {
  const HookableLinear linear = layer();
  const at::Tensor& weight = linear.weight();
  weight.set_requires_grad(true);
  linear.forward(x_.to(at::kBFloat16)).to(at::kFloat).sum().backward();
  ASSERT_TRUE(weight.grad().defined());
  EXPECT_EQ(weight.grad().scalar_type(), at::kFloat);
}

INSTANTIATE_TEST_SUITE_P(Storage, Layouts,
                         ::testing::Values(WeightLayout::kOutIn, WeightLayout::kInOut),
                         [](const auto& info) {
                           return info.param == WeightLayout::kOutIn ? "OutIn" : "InOut";
                         });

TEST(HookableLinear, WeightThatIsNoMatrixIsAnError) {
  EXPECT_THROW(HookableLinear("layer", at::randn({3}), {}, WeightLayout::kOutIn), std::exception);
}

}  // namespace
}  // namespace eida

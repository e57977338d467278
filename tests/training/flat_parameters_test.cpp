#include "eida/training/flat_parameters.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <limits>

#include "eida/core/error.h"
#include "eida/training/adamw.h"
#include "eida/training/grad_scaler.h"

namespace eida {
namespace {

std::vector<TrainedTensor> three() {
  return {{"head.weight", at::randn({2, 3}), "head", true},
          {"norm.bias", at::randn({5}), "layer_norm", false},
          {"site.B", at::randn({4, 7}), "adapter", true}};
}

TEST(FlatParameters, TensorsBecomeViewsThatStayLeaves) {
  auto tensors = three();
  std::vector<at::Tensor> before;
  for (const auto& trained : tensors) before.push_back(trained.tensor.clone());
  const FlatParameters flat(tensors);
  EXPECT_EQ(flat.count(), 6 + 5 + 28);
  for (size_t i = 0; i < tensors.size(); ++i) {
    EXPECT_TRUE(tensors[i].tensor.equal(before[i]));  // the caller's handle sees the same storage
    EXPECT_TRUE(tensors[i].tensor.is_leaf());
    EXPECT_TRUE(tensors[i].tensor.requires_grad());
  }
  flat.values().fill_(2.0);
  EXPECT_TRUE(tensors[1].tensor.detach().equal(at::full({5}, 2.0F)));
}

TEST(FlatParameters, GradientsAreAddedIntoOneBuffer) {
  auto tensors = three();
  const FlatParameters flat(tensors);
  for (int pass = 0; pass < 2; ++pass) (tensors[2].tensor * 3).sum().backward();
  EXPECT_DOUBLE_EQ(flat.gradients().sum().item<double>(), 2 * 3 * 28);
  flat.gradients().zero_();
  EXPECT_DOUBLE_EQ(tensors[2].tensor.grad().abs().max().item<double>(), 0.0);
}

TEST(FlatParameters, RangesGroupEqualTreatment) {
  const FlatParameters flat(three());
  ASSERT_EQ(flat.ranges().size(), 3U);
  EXPECT_TRUE(flat.ranges()[0].decays && !flat.ranges()[0].head);   // site.B
  EXPECT_TRUE(!flat.ranges()[1].decays && !flat.ranges()[1].head);  // norm.bias
  EXPECT_TRUE(flat.ranges()[2].head);
  EXPECT_THROW(FlatParameters({}), Error);
  EXPECT_THROW(FlatParameters({{"x", at::randn({2}, at::kDouble), "head", true}}), Error);
}

TEST(AdamW, HeadRateAndDecayActWhereTheyShould) {
  auto tensors = three();
  for (auto& trained : tensors) trained.tensor.fill_(1.0);
  const FlatParameters flat(tensors);
  AdamwOptions options;
  options.weight_decay = 0.5;
  AdamW optimizer(flat, options);
  optimizer.step(0.1, 0.2);  // zero gradients: only decay moves anything
  EXPECT_FLOAT_EQ(tensors[2].tensor.min().item<float>(), 0.95F);
  EXPECT_FLOAT_EQ(tensors[1].tensor.min().item<float>(), 1.0F);
  EXPECT_FLOAT_EQ(tensors[0].tensor.min().item<float>(), 0.9F);
}

TEST(ClipGradients, LimitsTheNormOverAllTensors) {
  const FlatParameters flat(three());
  flat.gradients().fill_(0.5);
  const double norm = gradient_norm(flat).item<double>();
  clip_gradients(flat, norm, 1.0);
  EXPECT_NEAR(norm, 0.5 * std::sqrt(static_cast<double>(flat.gradients().numel())), 1e-9);
  EXPECT_NEAR(flat.gradients().norm().item<double>(), 1.0, 1e-4);
  clip_gradients(flat, 2.0, 0.0);  // 0: not clipped
  EXPECT_NEAR(flat.gradients().norm().item<double>(), 1.0, 1e-4);
}

TEST(GradScaler, SkipsAndHalvesOnOverflowAndGrowsAfterwards) {
  const FlatParameters flat(three());
  GradScaler scaler(true);
  const double start = scaler.scale();
  flat.gradients().fill_(start);
  scaler.unscale(flat);
  EXPECT_FLOAT_EQ(flat.gradients().max().item<float>(), 1.0F);
  EXPECT_TRUE(scaler.accept(true));
  EXPECT_FALSE(scaler.accept(false));
  GradScaler hopeless(true);
  EXPECT_THROW(for (int i = 0; i < 30; ++i) EXPECT_FALSE(hopeless.accept(false)), NumericError);
  EXPECT_DOUBLE_EQ(scaler.scale(), start / 2);
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(scaler.accept(true));
  EXPECT_DOUBLE_EQ(scaler.scale(), start);
  GradScaler off(false);
  EXPECT_DOUBLE_EQ(off.scale(), 1.0);
}

}  // namespace
}  // namespace eida

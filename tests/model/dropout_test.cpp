#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../../src/model/layers.h"

namespace eida {
namespace {

void seed(uint64_t value) {
  at::Generator generator = at::globalContext().defaultGenerator(at::kCPU);
  generator.set_current_seed(value);
}

TEST(Dropout, KeepsTheShareAndTheMean) {
  seed(1);
  const at::Tensor y = drop(at::ones({1000, 1001}), 0.1, true);
  const double dropped = (y == 0).sum().item<double>() / static_cast<double>(y.numel());
  const double deviation = std::sqrt(0.1 * 0.9 / static_cast<double>(y.numel()));
  EXPECT_NEAR(dropped, 0.1, 5 * deviation + 1e-5);  // probabilities are multiples of 2^-16
  EXPECT_NEAR(y.mean().item<double>(), 1.0, 6 * deviation);
  EXPECT_NEAR(y.max().item<double>(), 1 / 0.9, 1e-4);
}

TEST(Dropout, NeighboursRowsAndDrawsAreIndependent) {
  seed(2);
  const at::Tensor a = (drop(at::ones({512, 512}), 0.5, true) != 0).to(at::kDouble);
  const at::Tensor b = (drop(at::ones({512, 512}), 0.5, true) != 0).to(at::kDouble);
  const auto agreement = [](const at::Tensor& x, const at::Tensor& y) {
    return (x == y).to(at::kDouble).mean().item<double>();
  };
  constexpr double kNoise = 5 * 0.5 / 511;
  EXPECT_NEAR(agreement(a, b), 0.5, kNoise);
  EXPECT_NEAR(agreement(a.narrow(0, 0, 511), a.narrow(0, 1, 511)), 0.5, kNoise);
  EXPECT_NEAR(agreement(a.narrow(1, 0, 511), a.narrow(1, 1, 511)), 0.5, kNoise);
  EXPECT_NEAR(agreement(a.narrow(1, 0, 508), a.narrow(1, 4, 508)), 0.5, kNoise);
}

TEST(Dropout, TheBackwardPassUsesTheSameMask) {
  seed(3);
  const at::Tensor x = at::ones({37, 11}).set_requires_grad(true);
  const at::Tensor residual = at::randn({37, 11}).set_requires_grad(true);
  const at::Tensor y = drop_add(x, residual, 0.3, true);
  y.sum().backward();
  EXPECT_LT((y.detach() - residual.detach() - x.grad()).abs().max().item<double>(), 1e-6);
  EXPECT_TRUE(residual.grad().equal(at::ones({37, 11})));
  EXPECT_GT((x.grad() == 0).sum().item<int64_t>(), 0);
}

TEST(Dropout, ThreadsAndPrecisionChangeNoMask) {
  const at::Tensor ones = at::ones({300, 768});
  const auto kept = [&](int threads, at::ScalarType dtype) {
    at::set_num_threads(threads);
    seed(4);
    return drop(ones.to(dtype), 0.1, true) != 0;
  };
  const at::Tensor one = kept(1, at::kFloat);
  EXPECT_TRUE(kept(2, at::kFloat).equal(one));
  EXPECT_TRUE(kept(2, at::kBFloat16).equal(one));
}

TEST(Dropout, DoesNothingOutsideTraining) {
  const at::Tensor x = at::randn({3, 4});
  EXPECT_TRUE(drop(x, 0.5, false).is_same(x));
  EXPECT_TRUE(drop(x, 0.0, true).is_same(x));
  EXPECT_TRUE(drop_add(x, x, 0.5, false).equal(x + x));
}

}  // namespace
}  // namespace eida

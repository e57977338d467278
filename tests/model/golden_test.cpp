/// Parity with transformers: logits, loss and every gradient of tiny random models
/// (scripts/make_golden.py).
#include "model/golden.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "eida/model/architecture.h"
#include "support/test_data.h"

namespace eida {
namespace {

using testing::Golden;
using testing::largest_difference;

/// Differences allowed: the largest as a share of a tensor's largest magnitude; of a gradient that,
/// and the norm as a share of its norm.
struct Bounds {
  double logits, loss, gradients, gradient_norms;
};

double norm_of(const at::Tensor& x) { return x.norm().item<double>(); }

class GoldenModel : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    at::set_num_threads(1);
  }  // tiny models: threads only wait for each other

  void expect_parity(at::ScalarType dtype, const Bounds& bounds) {
    const Golden golden(GetParam());
    const auto model = load_pretrained(golden.dir, golden.task);
    model->set_compute_dtype(dtype);
    for (const auto& parameter : model->parameters()) parameter.tensor.set_requires_grad(true);
    const at::Tensor logits = model->logits(golden.batch);
    EXPECT_EQ(logits.scalar_type(), at::kFloat);
    const double difference = largest_difference(logits, golden.scored_logits());
    EXPECT_LT(difference, bounds.logits);
    RecordProperty("logits", fmt::format("{:.1e}", difference));
    const at::Tensor loss = weighted_cross_entropy(logits, golden.batch);
    EXPECT_LT(largest_difference(loss, golden["loss"]), bounds.loss);
    loss.backward();
    size_t compared = 0;
    double worst = 0.0;
    for (const auto& [name, tensor] : model->parameters()) {
      const at::Tensor expected = golden["grad." + name];
      ASSERT_TRUE(tensor.grad().defined()) << name;
      ++compared;
      // The key bias moves every score of a row alike: its gradient is zero but for rounding.
      const bool zero =
          name.ends_with("key.bias") || name.ends_with(".k.bias") || name.ends_with("k_lin.bias");
      const at::Tensor scale =
          zero ? golden["grad." + name.substr(0, name.size() - 4) + "weight"] : expected;
      const at::Tensor difference = tensor.grad() - expected;
      EXPECT_LT(norm_of(difference), bounds.gradient_norms * norm_of(scale)) << name;
      const double largest =
          difference.abs().max().item<double>() / scale.abs().max().item<double>();
      EXPECT_LT(largest, bounds.gradients) << name;
      worst = std::max(worst, largest);
    }
    RecordProperty("gradients", fmt::format("{:.1e}", worst));
    for (const auto& entry : golden.file.entries())
      compared -= entry.name.starts_with("grad.") ? 1 : 0;
    EXPECT_EQ(compared, 0U) << "every gradient of transformers has one of ours";
  }
};

TEST_P(GoldenModel, Float32EqualsTransformers) {
  expect_parity(at::kFloat, {2e-5, 2e-5, 2e-5, 2e-5});
}

// bfloat16 keeps 8 bits: each of some 10 roundings in a row costs up to 2^-9 of a value, and these
// weights are 20 times larger than a real model's; at the kink of ReLU a rounded input takes the
// other slope. Gradients are compared by their norm, too: the worst of all files is 0.14 away, most
// are below 0.06; of single entries 0.19.
TEST_P(GoldenModel, BFloat16StaysWithinItsBound) {
  expect_parity(at::kBFloat16, {0.05, 0.05, 0.3, 0.16});
}

INSTANTIATE_TEST_SUITE_P(Folders, GoldenModel, ::testing::ValuesIn(testing::golden_names()),
                         [](const auto& info) {
                           std::string name = info.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(GoldenFolders, AreThreeOrMoreOfEveryFamily) {
  std::map<std::string, int> folders;  // by model type, of which one family has several
  for (const std::string& name : testing::golden_names()) {
    const auto config = read_model_config(testing::golden_dir() / name, Golden(name).task);
    ++folders[config.model_type];
  }
  for (const ModelFamily& family : model_families()) {
    int count = 0;
    for (const ModelType& type : family.types) count += folders[type.name];
    EXPECT_GE(count, 3) << family.title;
  }
}

}  // namespace
}  // namespace eida

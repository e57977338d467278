#include <gtest/gtest.h>

#include "adapter/adapted_model.h"

namespace eida {
namespace {

using testing::disturb;
using testing::plain_logits;

class LoraMethodTest : public testing::AdaptedModel {};

TEST_P(LoraMethodTest, StartsWithoutAChangeAndMergesWhatItAdds) {
  const auto model = open();
  const at::Tensor base = plain_logits(*model, batch_);
  const auto method = make(*model, "lora");
  method->attach(*model, {}, 1);
  EXPECT_LT((plain_logits(*model, batch_) - base).abs().max().item<double>(), 1e-6);
  disturb(*method);
  const at::Tensor adapted = plain_logits(*model, batch_);
  EXPECT_GT((adapted - base).abs().max().item<double>(), 1e-3);
  method->merge(*model);
  const double largest = std::max(1.0, adapted.abs().max().item<double>());
  EXPECT_LT((plain_logits(*model, batch_) - adapted).abs().max().item<double>(), 1e-5 * largest);
}

TEST_P(LoraMethodTest, TheNextRoundGoesOnFromTheOriginalWeights) {
  const auto model = open();
  const auto method = make(*model, "lora");
  method->attach(*model, {}, 1);
  disturb(*method);
  const at::Tensor adapted = plain_logits(*model, batch_);
  method->merge(*model);
  method->attach(*model, {}, 2);
  EXPECT_TRUE(plain_logits(*model, batch_).equal(adapted));
}

TEST_P(LoraMethodTest, BothFactorsGetGradients) {
  const auto model = open();
  const auto method = make(*model, "lora");
  method->attach(*model, {}, 1);
  disturb(*method);
  model->loss(batch_).backward();
  for (const auto& [name, tensor] : method->trainable()) {
    ASSERT_TRUE(tensor.grad().defined()) << name;
    EXPECT_GT(tensor.grad().abs().max().item<double>(), 0.0) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Families, LoraMethodTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida

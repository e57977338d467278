#include "eida/model/batch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include "eida/core/error.h"
#include "eida/model/pretrained_model.h"
#include "model/golden.h"

namespace eida {
namespace {

template <typename T>
std::vector<T> values(const at::Tensor& x) {
  return {x.const_data_ptr<T>(), x.const_data_ptr<T>() + x.numel()};
}

TEST(Pack, ClassificationScoresEachSequenceOnce) {
  const TokenExample a{{5, 6, 7}, {0, 1, 1}, 1, 0}, b{{8}, {0}, 0, 0};
  const PackedBatch batch = pack({&a, &b}, TaskKind::kClassification);
  EXPECT_EQ(values<int64_t>(batch.ids), (std::vector<int64_t>{5, 6, 7, 8}));
  EXPECT_EQ(values<int64_t>(batch.type_ids), (std::vector<int64_t>{0, 1, 1, 0}));
  EXPECT_EQ(batch.offsets, (std::vector<int64_t>{0, 3, 4}));
  EXPECT_EQ(values<int64_t>(batch.target_rows), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(values<int64_t>(batch.targets), (std::vector<int64_t>{1, 0}));
  EXPECT_EQ(values<float>(batch.target_weights), (std::vector<float>{0.5F, 0.5F}));
}

TEST(Pack, CompletionScoresTheTokenAfterEachRow) {
  const TokenExample a{{5, 6, 7, 8}, {}, -1, 2}, b{{9, 10}, {}, -1, 0};
  const PackedBatch batch = pack({&a, &b}, TaskKind::kCompletion);
  EXPECT_EQ(values<int64_t>(batch.target_rows), (std::vector<int64_t>{1, 2, 4}));
  EXPECT_EQ(values<int64_t>(batch.targets), (std::vector<int64_t>{7, 8, 10}));
  EXPECT_EQ(batch.type_ids.numel(), 6);  // no types: zeros
}

TEST(Pack, WeightsAddUpToOneInEachLogicalBatch) {
  const TokenExample a{{5, 6, 7, 8}, {}, -1, 2}, b{{9, 10}, {}, -1, 1}, c{{3, 4}, {}, -1, 1};
  const PackedBatch batch = pack({&a, &b, &c}, TaskKind::kCompletion, {0, 0, 1});
  const float third = 1.0F / 3.0F;
  EXPECT_EQ(values<float>(batch.target_weights), (std::vector<float>{third, third, third, 1.0F}));
}

TEST(Pack, NothingToPackIsAnError) { EXPECT_THROW(pack({}, TaskKind::kClassification), Error); }

TEST(WeightedCrossEntropy, SumsTheMeanLossesOfLogicalBatches) {
  const auto examples =
      std::vector<TokenExample>{{{5}, {0}, 1, 0}, {{6}, {0}, 0, 0}, {{7}, {0}, 1, 0}};
  const PackedBatch both =
      pack({&examples[0], &examples[1], &examples[2]}, TaskKind::kClassification, {0, 0, 1});
  at::Tensor logits =
      at::tensor({0.5, -1.0, 2.0, 0.25, -3.0, 1.0}, at::TensorOptions(at::kFloat)).view({3, 2});
  logits.set_requires_grad(true);
  const at::Tensor loss = weighted_cross_entropy(logits, both);
  const at::Tensor nll = -logits.log_softmax(1).gather(1, both.targets.unsqueeze(1)).squeeze(1);
  const at::Tensor expected = nll.narrow(0, 0, 2).mean() + nll[2];
  EXPECT_LT(testing::largest_difference(loss, expected), 1e-6);
  loss.backward();
  const at::Tensor gradient = logits.grad().clone();
  logits.mutable_grad() = at::Tensor();
  expected.backward();
  EXPECT_LT(testing::largest_difference(gradient, logits.grad()), 1e-6);
}

TEST(WeightedCrossEntropy, LogitsOfAnotherBatchAreAnError) {
  const TokenExample a{{5}, {0}, 1, 0};
  const PackedBatch batch = pack({&a}, TaskKind::kClassification);
  EXPECT_THROW(weighted_cross_entropy(at::tensor({1.0F, 2.0F, 3.0F, 4.0F}).view({2, 2}), batch),
               Error);
}

}  // namespace
}  // namespace eida

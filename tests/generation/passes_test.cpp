#include "eida/generation/passes.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/log_softmax.h>
#include <gtest/gtest.h>

#include <limits>
#include <numeric>

#include "eida/core/error.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida::testing {
namespace {

constexpr double kFloat32 = 1e-5;  // other sums in other order: some units in the last place

class Passes : public ::testing::Test {
 protected:
  TempDir dir_;
};

TEST_F(Passes, LogitsAreInTheOrderGivenWhateverThePasses) {
  const auto model = tiny_model(dir_.path(), TaskKind::kClassification);
  const auto examples = tiny_examples(23, TaskKind::kClassification);
  const at::Tensor together = classify(*model, pointers(examples));
  const at::Tensor in_parts = classify(*model, pointers(examples), {.pass_tokens = 40});
  ASSERT_EQ(together.sizes(), (std::vector<int64_t>{23, 2}));
  for (size_t i = 0; i < examples.size(); ++i) {
    const at::Tensor alone = model->logits(pack({&examples[i]}, TaskKind::kClassification));
    const auto row = static_cast<int64_t>(i);
    EXPECT_LT(relative_difference(together.narrow(0, row, 1), alone), kFloat32) << i;
    EXPECT_LT(relative_difference(in_parts.narrow(0, row, 1), alone), kFloat32) << i;
  }
}

TEST_F(Passes, NothingOfTheModelChanges) {
  const auto model = tiny_model(dir_.path(), TaskKind::kClassification);
  model->set_training(true);
  const auto examples = tiny_examples(5, TaskKind::kClassification);
  const at::Tensor first = classify(*model, pointers(examples));
  EXPECT_TRUE(first.equal(classify(*model, pointers(examples)))) << "dropout took part";
  EXPECT_TRUE(model->training());
  EXPECT_FALSE(first.requires_grad());
}

TEST_F(Passes, ProgressCountsEveryExample) {
  const auto model = tiny_model(dir_.path(), TaskKind::kClassification);
  const auto examples = tiny_examples(23, TaskKind::kClassification);
  std::vector<int64_t> counts;
  classify(*model, pointers(examples),
           {.pass_tokens = 50, .progress = [&](int64_t n) { counts.push_back(n); }});
  EXPECT_GT(counts.size(), 4U);
  EXPECT_EQ(std::accumulate(counts.begin(), counts.end(), int64_t{0}), 23);
}

TEST_F(Passes, LossesAreThoseOfLogSoftmax) {
  const auto model = tiny_model(dir_.path(), TaskKind::kCompletion);
  const auto examples = tiny_examples(17, TaskKind::kCompletion);
  const auto losses = completion_losses(*model, pointers(examples), {.pass_tokens = 60});
  ASSERT_EQ(losses.size(), examples.size());
  for (size_t i = 0; i < examples.size(); ++i) {
    const PackedBatch batch = pack({&examples[i]}, TaskKind::kCompletion);
    const at::Tensor log_p = at::log_softmax(model->logits(batch).to(at::kDouble), 1);
    const double nll = -log_p.gather(1, batch.targets.unsqueeze(1)).sum().item<double>();
    EXPECT_NEAR(losses[i].nll, nll, kFloat32 * nll) << i;
    EXPECT_EQ(losses[i].tokens, batch.targets.size(0)) << i;
  }
}

TEST_F(Passes, AnExampleWithoutLabelledTokensCostsNothing) {
  const auto model = tiny_model(dir_.path(), TaskKind::kCompletion);
  auto examples = tiny_examples(2, TaskKind::kCompletion);
  examples[1].context_length = static_cast<int64_t>(examples[1].ids.size());
  const auto losses = completion_losses(*model, pointers(examples));
  EXPECT_GT(losses[0].nll, 0.0);
  EXPECT_EQ(losses[1].tokens, 0);
  EXPECT_EQ(losses[1].nll, 0.0);
}

TEST_F(Passes, NoExamplesGiveNoResults) {
  const auto model = tiny_model(dir_.path(), TaskKind::kClassification);
  EXPECT_EQ(classify(*model, {}).size(0), 0);
}

TEST_F(Passes, WeightsThatAreNotFiniteAreANumericError) {
  const auto model = tiny_model(dir_.path(), TaskKind::kClassification);
  for (const NamedTensor& parameter : model->parameters()) {
    if (parameter.name == "classifier.out_proj.bias")
      parameter.tensor.fill_(std::numeric_limits<double>::infinity());
  }
  const auto examples = tiny_examples(2, TaskKind::kClassification);
  EXPECT_THROW(classify(*model, pointers(examples)), NumericError);
}

}  // namespace
}  // namespace eida::testing

#include <ATen/TensorOperators.h>
#include <gtest/gtest.h>

#include <limits>

#include "adapter/adapted_model.h"
#include "eida/core/error.h"
#include "eida/programs/programs.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

using testing::pointers;

class TrainStepTest : public testing::AdaptedModel {
 protected:
  void SetUp() override {
    model_ = open();
    method_ = make(*model_);
    method_->attach(*model_, testing::random_bases(*model_), 1);
    testing::disturb(*method_);
    parameters_ = std::make_unique<FlatParameters>(trained_tensors(*model_, *method_, {}));
    options_.task = task();
    options_.clip_norm = 0.0;
    start_ = parameters_->values().clone();
  }

  /// Gradient of one step from the start, and its loss.
  std::pair<at::Tensor, double> gradient(const std::vector<ExampleBatch>& batches,
                                         int64_t number = 1) {
    parameters_->values().copy_(start_);
    AdamW optimizer(*parameters_, {});
    GradScaler scaler(false);
    const StepResult result = train_step({*model_, *parameters_, optimizer, scaler}, batches,
                                         {1e-3, 1e-3}, {1, number}, options_);
    return {parameters_->gradients().clone(), result.loss};
  }

  std::vector<ExampleBatch> split(size_t first) const {
    const auto all = pointers(examples_);
    const auto cut = all.begin() + static_cast<std::ptrdiff_t>(first);
    return {{all.begin(), cut}, {cut, all.end()}};
  }

  std::unique_ptr<PretrainedModel> model_;
  std::unique_ptr<Method> method_;
  std::unique_ptr<FlatParameters> parameters_;
  StepOptions options_;
  at::Tensor start_;
};

TEST_P(TrainStepTest, WhatIsNotFiniteIsRefusedWithTheStepsNumber) {
  start_.fill_(std::numeric_limits<float>::quiet_NaN());
  const auto step = [&] { gradient(split(2), 2); };
  EXPECT_TRUE(
      testing::holds(testing::message_of<NumericError>(step), "training: round 1, step 3: loss"));
}

TEST_P(TrainStepTest, BatchesInOnePassOrInSeveralGiveTheSameStep) {
  model_->set_dropout(0.0);
  const auto [together, loss] = gradient(split(2));
  options_.pass_tokens = 1;
  const auto [apart, same_loss] = gradient(split(2));
  EXPECT_NEAR(loss, same_loss, 1e-5);
  EXPECT_LT(testing::relative_difference(apart, together), 1e-4);
}

TEST_P(TrainStepTest, MeanOfMeansWeighsBatchesAndGlobalWeighsLabels) {
  model_->set_dropout(0.0);
  const double first = gradient({split(2)[0]}).second, second = gradient({split(2)[1]}).second;
  EXPECT_NEAR(gradient(split(2)).second, (first + second) / 2, 1e-5);
  options_.loss_norm = LossNorm::kGlobal;
  const double all = gradient({pointers(examples_)}).second;
  EXPECT_NEAR(gradient(split(2)).second, all, 1e-5);
}

TEST_P(TrainStepTest, DropoutDependsOnSeedAndStepOnly) {
  const double once = gradient(split(3), 7).second;
  EXPECT_EQ(gradient(split(3), 7).second, once);
  EXPECT_NE(gradient(split(3), 8).second, once);
  EXPECT_FALSE(model_->training());  // left as it was
}

TEST_P(TrainStepTest, SmoothingIsTheOneOfTorch) {
  model_->set_dropout(0.0);
  options_.label_smoothing = 0.1;
  const double smoothed = gradient({pointers(examples_)}).second;
  parameters_->values().copy_(start_);
  const at::Tensor log_p = testing::plain_logits(*model_, batch_).log_softmax(1);
  const at::Tensor nll = -log_p.gather(1, batch_.targets.unsqueeze(1)).squeeze(1);
  const at::Tensor wanted = (nll * 0.9 - log_p.mean(1) * 0.1).mean();
  EXPECT_NEAR(smoothed, wanted.item<double>(), 1e-5);
}

TEST_P(TrainStepTest, GradientsOfTheSmoothedLossAreItsSlope) {
  model_->set_dropout(0.0);
  options_.label_smoothing = 0.2;
  const auto [slope, loss] = gradient({pointers(examples_)});
  const at::Tensor direction = slope / slope.norm();
  const auto loss_at = [&](double distance) {
    const c10::AutoGradMode without_gradients(false);
    parameters_->values().copy_(start_ + direction * distance);
    return model_->loss(batch_, options_.label_smoothing).item<double>();
  };
  const double measured = (loss_at(1e-2) - loss_at(-1e-2)) / 2e-2;
  EXPECT_NEAR(measured, slope.norm().item<double>(), 2e-2 * measured);
}

TEST_P(TrainStepTest, ALossThatIsNotFiniteStopsBeforeAnythingChanges) {
  {
    const c10::AutoGradMode without_gradients(false);
    at::Tensor frozen = model_->parameters().front().tensor;
    frozen.fill_(std::numeric_limits<float>::quiet_NaN());
  }
  AdamW optimizer(*parameters_, {});
  GradScaler scaler(false);
  EXPECT_THROW(train_step({*model_, *parameters_, optimizer, scaler}, split(2), {1e-3, 1e-3},
                          {1, 0}, options_),
               NumericError);
  EXPECT_TRUE(parameters_->values().equal(start_));
  EXPECT_EQ(optimizer.steps(), 0);
  for (const at::Tensor& moments : {optimizer.first(), optimizer.second()})
    EXPECT_EQ(moments.abs().max().item<double>(), 0.0);
}

INSTANTIATE_TEST_SUITE_P(Families, TrainStepTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida

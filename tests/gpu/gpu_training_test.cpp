// Training steps on a GPU: the CPU's in float32, and float16 with a scaled loss.
#include <gtest/gtest.h>

#include "eida/programs/programs.h"
#include "gpu_model.h"

namespace eida {
namespace {

using testing::pointers;

class GpuTrainingTest : public testing::GpuModel {
 protected:
  struct Trained {
    std::vector<double> losses;
    int64_t skipped = 0;
    at::Tensor merged_logits;  // on the CPU
  };

  /// Twenty steps of a method without dropout, then merged.
  Trained train(PretrainedModel& model, const std::string& name, at::ScalarType precision) {
    model.set_compute_dtype(precision);
    model.set_dropout(0.0);
    const auto method = make(model, name);
    method->attach(model, testing::random_bases(model), 1);
    FlatParameters parameters(trained_tensors(model, *method, {}));
    AdamW optimizer(parameters, {});
    GradScaler scaler(precision == at::kHalf);
    StepOptions options;
    options.task = task();
    Trained result;
    for (int64_t step = 0; step < 20; ++step) {
      const StepResult taken = train_step({model, parameters, optimizer, scaler},
                                          {pointers(examples_)}, {1e-2, 1e-2}, {1, step}, options);
      result.losses.push_back(taken.loss);
      result.skipped += taken.skipped ? 1 : 0;
    }
    method->merge(model);
    model.set_compute_dtype(at::kFloat);
    result.merged_logits = testing::plain_logits(model, batch_).cpu();
    return result;
  }
};

TEST_P(GpuTrainingTest, LossesAndMergedLogitsAreTheCpus) {
  for (const char* name : {"eida", "lora", "lora_xs", "dora"}) {
    const auto gpu = testing::tiny_model(dir_.path(), GetParam(), at::kCUDA);
    const auto cpu = testing::tiny_model(dir_.path(), GetParam());
    const Trained found = train(*gpu, name, at::kFloat);
    const Trained wanted = train(*cpu, name, at::kFloat);
    for (size_t step = 0; step < wanted.losses.size(); ++step)
      EXPECT_NEAR(found.losses[step], wanted.losses[step], 1e-3 * wanted.losses[step]) << step;
    EXPECT_LT(wanted.losses.back(), wanted.losses.front());
    EXPECT_LT(testing::relative_difference(found.merged_logits, wanted.merged_logits), 5e-3);
  }
}

TEST_P(GpuTrainingTest, Float16WithAScaledLossFollowsFloat32) {
  const auto half = testing::tiny_model(dir_.path(), GetParam(), at::kCUDA);
  const Trained wanted = train(*gpu_, "eida", at::kFloat), found = train(*half, "eida", at::kHalf);
  EXPECT_LT(found.skipped, 20);
  EXPECT_LT(found.losses.back(), found.losses.front());
  EXPECT_NEAR(found.losses.front(), wanted.losses.front(), 2e-2 * wanted.losses.front());
}

TEST_P(GpuTrainingTest, CheckpointingAndDropoutRepeatTheirMasks) {
  const auto method = make(*gpu_, "eida");
  method->attach(*gpu_, testing::random_bases(*gpu_), 1);
  testing::disturb(*method);
  FlatParameters parameters(trained_tensors(*gpu_, *method, {}));
  const at::Tensor start = parameters.values().clone();
  const auto gradient = [&](bool checkpointing) {
    parameters.values().copy_(start);
    gpu_->set_gradient_checkpointing(checkpointing);
    AdamW optimizer(parameters, {});
    GradScaler scaler(false);
    StepOptions options;
    options.task = task();
    options.clip_norm = 0.0;
    train_step({*gpu_, parameters, optimizer, scaler}, {pointers(examples_)}, {1e-3, 1e-3}, {1, 1},
               options);
    return parameters.gradients().clone();
  };
  const at::Tensor plain = gradient(false);
  EXPECT_LT(testing::relative_difference(gradient(false).cpu(), plain.cpu()), 1e-5);
  EXPECT_LT(testing::relative_difference(gradient(true).cpu(), plain.cpu()), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(Families, GpuTrainingTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida

#include "eida/training/training_state.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/test_data.h"

namespace eida {
namespace {

struct Trained {
  std::vector<TrainedTensor> tensors = {{"a", at::randn({3, 4}), "adapter", true},
                                        {"b", at::randn({2}), "head", false}};
  FlatParameters parameters{tensors};
  AdamW optimizer{parameters, {}};
  GradScaler scaler{true};
};

TEST(TrainingState, ReadsBackToTheBit) {
  const testing::TempDir dir;
  const auto file = dir.path() / "state";
  Trained run;
  run.parameters.gradients().normal_();
  run.optimizer.step(0.1, 0.1);
  run.scaler.restore(1024.0, 7);
  RunPosition position;
  position.round = 3;
  position.step = 41;
  position.loss_sum = 0.1 + 0.2;
  position.rank_plan = "{}";
  position.subspaces = "{1}";
  position.history = "[1]";
  PlaceBases bases(3);  // the second place is not adapted
  bases[0] = at::randn({2, 4});
  bases[2] = at::randn({2, 3});
  write_training_state(file, position, bases, run.parameters, run.optimizer, run.scaler);

  const TrainingState state = read_training_state(file);
  EXPECT_EQ(state.position.round, 3);
  EXPECT_EQ(state.position.step, 41);
  EXPECT_EQ(state.position.loss_sum, 0.1 + 0.2);
  EXPECT_EQ(state.position.subspaces, "{1}");
  EXPECT_EQ(state.position.history, "[1]");
  EXPECT_EQ(state.bases.size(), 3U);
  EXPECT_TRUE(state.bases[0].equal(bases[0]));
  EXPECT_FALSE(state.bases[1].defined());
  EXPECT_TRUE(state.bases[2].equal(bases[2]));

  Trained other;
  restore_training_state(file, other.parameters, other.optimizer, other.scaler);
  EXPECT_TRUE(other.parameters.values().equal(run.parameters.values()));
  EXPECT_TRUE(other.optimizer.first().equal(run.optimizer.first()));
  EXPECT_TRUE(other.optimizer.second().equal(run.optimizer.second()));
  EXPECT_EQ(other.optimizer.steps(), 1);
  EXPECT_EQ(other.scaler.scale(), 1024.0);
  EXPECT_EQ(other.scaler.good_steps(), 7);
  EXPECT_TRUE(other.tensors[0].tensor.equal(run.tensors[0].tensor));
}

TEST(TrainingState, BrokenOrForeignFilesAreErrors) {
  const testing::TempDir dir;
  const auto file = dir.path() / "state";
  const Trained run;
  write_training_state(file, {}, {}, run.parameters, run.optimizer, run.scaler);
  const std::string bytes = read_file(file);
  write_file_atomic(file, bytes.substr(0, bytes.size() - 9));
  EXPECT_THROW(read_training_state(file), FormatError);
  write_safetensors(file, {{"values", at::randn({2})}});
  EXPECT_THROW(read_training_state(file), FormatError);
  write_safetensors(file, {{"values", at::randn({2})}},
                    {{"state", R"({"format": "eida-training-state-3", "round": "x"})"}});
  EXPECT_THROW(read_training_state(file), FormatError);
  write_safetensors(file, {{"values", at::randn({2})}}, {{"state", R"({"format": 1})"}});
  EXPECT_THROW(read_training_state(file), FormatError);
  RunPosition negative;
  negative.step = -1;
  write_training_state(file, negative, {}, run.parameters, run.optimizer, run.scaler);
  EXPECT_THROW(read_training_state(file), FormatError);
  EXPECT_THROW(read_training_state(dir.path() / "missing"), DataError);
}

TEST(TrainingState, AnotherNumberOfParametersIsAnError) {
  const testing::TempDir dir;
  const auto file = dir.path() / "state";
  const Trained run;
  write_training_state(file, {}, {}, run.parameters, run.optimizer, run.scaler);
  const FlatParameters larger({{"a", at::randn({30, 4}), "adapter", true}});
  AdamW optimizer(larger, {});
  GradScaler scaler(false);
  EXPECT_THROW(restore_training_state(file, larger, optimizer, scaler), FormatError);
}

}  // namespace
}  // namespace eida

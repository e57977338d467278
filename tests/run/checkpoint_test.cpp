#include "eida/run/checkpoint.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <limits>

#include "adapter/adapted_model.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/tensor/safetensors.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

/// A model in its first round.
class CheckpointTest : public testing::AdaptedModel {
 protected:
  struct Run {
    std::unique_ptr<PretrainedModel> model;
    std::unique_ptr<Method> method;
    std::unique_ptr<Training> training;
  };
  Run begin(const std::string& method = "eida") const {
    Run run{open(), nullptr, nullptr};
    run.method = make(*run.model, method);
    TrainingOptions options;
    options.scaled_loss = true;
    run.training = std::make_unique<Training>(*run.model, *run.method, options);
    run.training->attach(testing::random_bases(*run.model), 1);
    return run;
  }
  std::filesystem::path file() const { return dir_.path() / "state"; }
};

TEST_P(CheckpointTest, ReadsBackToTheBit) {
  Run run = begin();
  auto [model, parameters, optimizer, scaler] = run.training->learner();
  parameters.gradients().normal_();
  optimizer.step(0.1, 0.1);
  scaler.restore(1024.0, 7);
  TrainingCheckpoint written;
  written.begin(3);
  written.step = 41;
  written.loss = {0.1 + 0.2, 40};
  written.logged = {0.3, 2};
  written.inputs = {"abc", "def"};
  written.files = {{"metrics.jsonl", "0123"}};
  written.rounds.resize(2);
  written.rounds[1].train_loss = 1.0 / 3.0;
  written.bases = testing::random_bases(*run.model);
  written.bases[1] = at::Tensor();
  write_checkpoint(file(), written, *run.training);

  const TrainingCheckpoint read = read_checkpoint(file());
  EXPECT_EQ(read.round, 3);
  EXPECT_EQ(read.step, 41);
  EXPECT_EQ(read.loss.sum, 0.1 + 0.2);
  EXPECT_EQ(read.logged.count, 2);
  EXPECT_EQ(read.inputs, written.inputs);
  EXPECT_EQ(read.files, written.files);
  ASSERT_EQ(read.rounds.size(), 2U);
  EXPECT_EQ(read.rounds[1].train_loss, 1.0 / 3.0);
  EXPECT_TRUE(read.bases[0].equal(written.bases[0]));
  EXPECT_FALSE(read.bases[1].defined());
  EXPECT_TRUE(read.bases[2].equal(written.bases[2]));

  Run other = begin();
  restore(file(), *other.training);
  const Learner restored = other.training->learner();
  EXPECT_TRUE(restored.parameters.values().equal(parameters.values()));
  EXPECT_TRUE(restored.optimizer.first().equal(optimizer.first()));
  EXPECT_TRUE(restored.optimizer.second().equal(optimizer.second()));
  EXPECT_EQ(restored.optimizer.steps(), 1);
  EXPECT_EQ(restored.scaler.scale(), 1024.0);
  EXPECT_EQ(restored.scaler.good_steps(), 7);
  EXPECT_TRUE(other.method->trainable()[0].tensor.equal(run.method->trainable()[0].tensor));
}

TEST_P(CheckpointTest, BrokenOrForeignFilesAreErrors) {
  const Run run = begin();
  write_checkpoint(file(), {}, *run.training);
  const std::string bytes = read_file(file());
  write_file_atomic(file(), bytes.substr(0, bytes.size() - 9));
  EXPECT_THROW(read_checkpoint(file()), FormatError);
  write_safetensors(file(), {{"values", at::randn({2})}});
  EXPECT_THROW(read_checkpoint(file()), FormatError);
  write_safetensors(
      file(), {{"values", at::randn({2})}},
      {{"state", R"({"format": "eida-training-state-7", "round": "x"})"}, {kSelfHash, ""}});
  EXPECT_THROW(read_checkpoint(file()), FormatError);
  write_safetensors(file(), {{"values", at::randn({2})}},
                    {{"state", R"({"format": 1})"}, {kSelfHash, ""}});
  EXPECT_THROW(read_checkpoint(file()), FormatError);
  TrainingCheckpoint negative;
  negative.step = -1;
  write_checkpoint(file(), negative, *run.training);
  EXPECT_THROW(read_checkpoint(file()), FormatError);
  EXPECT_THROW(read_checkpoint(dir_.path() / "missing"), DataError);
}

TEST_P(CheckpointTest, LossesAndScalesThatNoRunHasAreErrors) {
  Run run = begin();
  const double infinite = std::numeric_limits<double>::infinity();
  for (const LossMean& loss : {LossMean{1.0, -1}, LossMean{1.0, 5}, LossMean{infinite, 1}}) {
    TrainingCheckpoint at;
    at.step = 4;
    at.logged = loss;
    write_checkpoint(file(), at, *run.training);
    EXPECT_THROW(read_checkpoint(file()), FormatError) << loss.sum << " " << loss.count;
  }
  for (const double scale : {0.0, -1.0, infinite}) {
    run.training->learner().scaler.restore(scale, 0);
    write_checkpoint(file(), {}, *run.training);
    EXPECT_THROW(restore(file(), *run.training), FormatError) << scale;
  }
}

TEST_P(CheckpointTest, EveryFlippedByteIsAnError) {
  const Run run = begin();
  write_checkpoint(file(), {}, *run.training);
  const std::string bytes = read_file(file());
  for (size_t i = 0; i < bytes.size(); i += i < 700 ? 1 : 997) {
    std::string flipped = bytes;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << i % 8));
    testing::write_text(file(), flipped);
    EXPECT_THROW(read_checkpoint(file()), FormatError) << i;
  }
}

TEST_P(CheckpointTest, AnotherNumberOfParametersIsAnError) {
  const Run run = begin();
  write_checkpoint(file(), {}, *run.training);
  const Run other = begin("lora");
  EXPECT_THROW(restore(file(), *other.training), FormatError);
}

INSTANTIATE_TEST_SUITE_P(Families, CheckpointTest, testing::kEveryTiny, testing::tiny_name);

}  // namespace
}  // namespace eida

#include "eida/run/run.h"

#include <gtest/gtest.h>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/test_data.h"

namespace eida {
namespace {

class RunTest : public ::testing::Test {
 protected:
  RunTest() {
    command_.program = Program::kTrain;
    command_.config.run.output = dir_.path() / "out";
    command_.config.model.path = dir_.path() / "there-is-no-model";
  }
  eida::Run begin() const { return {command_, Communicator::single(), {}}; }

  testing::TempDir dir_;
  ParsedCommand command_;
};

TEST_F(RunTest, AnOccupiedFolderIsRefusedByEveryProgramBeforeAnythingIsOpened) {
  std::filesystem::create_directories(command_.config.run.output);
  write_file_atomic(command_.config.run.output / "mine.txt", "x");
  for (const Program program : {Program::kProbe, Program::kTrain, Program::kEval}) {
    command_.program = program;
    EXPECT_THROW(begin(), ConfigError);
  }
}

TEST_F(RunTest, OnlyEvaluationsMayHaveNoFolder) {
  command_.config.run.output.clear();
  EXPECT_THROW(begin(), ConfigError);
  command_.dry_run = true;
  EXPECT_FALSE(begin().finished());
  command_.dry_run = false;
  command_.program = Program::kEval;
  EXPECT_EQ(begin().make_folder(), nullptr);
}

TEST_F(RunTest, ASubcommandTakesOneProcess) {
  class Two : public Communicator {
   public:
    Two() : Communicator(0, 2, 0, 2) {}
  };
  command_.subcommand = "compare";
  EXPECT_THROW(eida::Run(command_, Two(), {}), ConfigError);
}

TEST_F(RunTest, WhatMayNotChangeIsTheModelAndEveryFile) {
  const auto data = dir_.path() / "train.tsv";
  write_file_atomic(data, "text\tlabel\n");
  std::filesystem::create_directories(command_.config.model.path);
  write_file_atomic(command_.config.model.path / "config.json", "{}");
  const eida::Run run(command_, Communicator::single(), {data});
  const auto inputs = fixed_inputs(command_.config, "base", run.manifest(ComputeSetting()));
  ASSERT_EQ(inputs.size(), 2U);
  EXPECT_EQ(inputs[0].path, command_.config.model.path.string());
  EXPECT_EQ(inputs[0].sha256, "base");
  EXPECT_EQ(inputs[1].path, data.string());
  EXPECT_EQ(inputs[1].sha256, sha256_file(data));
}

}  // namespace
}  // namespace eida

#include "eida/parallel/communicator.h"

#include <ATen/ops/ones.h>
#include <gtest/gtest.h>

#include <chrono>

#include "support/file_helpers.h"
#include "support/mpi.h"
#include "support/test_data.h"

namespace eida {
namespace {

using testing::holds;
using testing::mpirun;
using testing::run_program;

TEST(Communicator, OneProcessKeepsEveryValue) {
  const Communicator& alone = Communicator::single();
  const at::Tensor values = at::ones({3});
  alone.all_reduce(values);
  alone.reduce(values, 0);
  alone.broadcast(values);
  EXPECT_TRUE(values.equal(at::ones({3})));
  EXPECT_TRUE(all_gather_rows(alone, values.view({3, 1})).is_alias_of(values));
  EXPECT_EQ(all_gather(alone, "mine"), std::vector<std::string>{"mine"});
  EXPECT_EQ(alone.least(2.5), 2.5);
  EXPECT_EQ(alone.size(), 1);
  EXPECT_TRUE(alone.is_root());
  EXPECT_FALSE(ask_root(alone, [] { return false; }));
}

TEST(Communicator, APendingOperationEndsOnce) {
  int ended = 0;
  {
    Pending first([&] { ++ended; });
    Pending second(std::move(first));
    second.wait();
    second.wait();
  }
  EXPECT_EQ(ended, 1);
  {
    const Pending forgotten([&] { ++ended; });
  }
  EXPECT_EQ(ended, 2);
}

class Processes : public ::testing::TestWithParam<int> {
 protected:
  testing::TempDir dir_;
};

TEST_P(Processes, OperationsDoWhatTheySay) {
  EIDA_NEED_MPI();
  const auto result = run_program(dir_.path(), mpirun(GetParam(), {EIDA_COLLECTIVES}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, std::to_string(GetParam()) + " processes\n");
}

INSTANTIATE_TEST_SUITE_P(Counts, Processes, ::testing::Values(1, 3, 4));

TEST(Hosts, FourProcessesOnTwoMachinesFindEachOther) {
  const testing::TempDir dir;
  EIDA_NEED_MPI();
  auto result = run_program(dir.path(), testing::on_two_hosts(4, {EIDA_COLLECTIVES, "two-hosts"}));
  if (result.code == testing::kNotPermitted)
    result = run_program(dir.path(), testing::over_loopback(4, {EIDA_COLLECTIVES}));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "4 processes\n");
}

class Failures : public ::testing::Test {
 protected:
  testing::ProgramResult run(const std::string& mode) {
    const auto start = std::chrono::steady_clock::now();
    auto result = run_program(dir_.path(), mpirun(2, {EIDA_COLLECTIVES, mode}));
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    EXPECT_LT(seconds.count(), 20.0);
    return result;
  }
  testing::TempDir dir_;
};

TEST_F(Failures, AnExceptionEndsAllAndNamesItsProcess) {
  EIDA_NEED_MPI();
  const auto result = run("throw");
  EXPECT_EQ(result.code, 5) << result.err;
  EXPECT_TRUE(holds(result.err, "collectives: rank 1 of 2: on purpose\n"));
  EXPECT_EQ(testing::count(result.err, "collectives: "), 1U) << result.err;
}

TEST_F(Failures, WhatStopsAllIsSaidOnce) {
  EIDA_NEED_MPI();
  const auto result = run("throw-all");
  EXPECT_EQ(result.code, 4) << result.err;
  EXPECT_EQ(testing::count(result.err, "collectives: "), 1U) << result.err;
}

TEST_F(Failures, AKilledProcessEndsAll) {
  EIDA_NEED_MPI();
  const auto result = run("die");
  EXPECT_NE(result.code, 0);
  if (testing::is_open_mpi()) {  // MPICH names its PID
    EXPECT_TRUE(holds(result.err, "rank 1"));
  }
  EXPECT_EQ(testing::count(result.err, "collectives: "), 0U) << result.err;
}

/// A launcher that MPI does not know of: its processes would otherwise each run alone.
TEST_F(Failures, ProcessesThatCannotFindEachOtherAreRefused) {
  for (const std::string size : {"PMI_SIZE=2", "SLURM_STEP_NUM_TASKS=2"}) {
    const auto result = run_program(dir_.path(), {"env", "-u", "OMPI_COMM_WORLD_SIZE", size,
                                                  "SLURM_STEP_ID=0", EIDA_COLLECTIVES});
    EXPECT_EQ(result.code, 2) << result.err;
    EXPECT_TRUE(holds(result.err, EIDA_WITH_MPI ? "MPI sees 1" : "has no MPI"));
    EXPECT_EQ(result.out, "");
  }
}

TEST_F(Failures, OneProcessOfALauncherIsOneProcess) {
  const auto result =
      run_program(dir_.path(), {"env", "SLURM_NTASKS=1", "SLURM_STEP_ID=0", EIDA_COLLECTIVES});
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.out, "1 processes\n");
}

}  // namespace
}  // namespace eida

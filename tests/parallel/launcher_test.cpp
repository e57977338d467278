#include "../../src/parallel/launcher.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

namespace eida {
namespace {

/// Only what the launcher would set, for a scope.
class Launcher : public ::testing::Test {
 protected:
  void SetUp() override { clear(); }
  void TearDown() override { clear(); }
  static void set(const std::map<std::string, std::string>& variables) {
    clear();
    for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  }

 private:
  static void clear() {
    for (const char* name :
         {"OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK", "PMI_SIZE", "PMI_RANK",
          "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS", "SLURM_PROCID", "SLURM_STEP_ID"})
      ::unsetenv(name);
  }
};

TEST_F(Launcher, NobodyStartedAPlainProcess) { EXPECT_FALSE(find_launcher()); }

TEST_F(Launcher, EachLauncherSaysRankAndSize) {
  set({{"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_RANK", "3"}});
  ASSERT_TRUE(find_launcher());
  EXPECT_EQ(find_launcher()->size, 4);
  EXPECT_EQ(find_launcher()->rank, 3);
  set({{"PMI_SIZE", "2"}, {"PMI_RANK", "1"}});
  EXPECT_EQ(find_launcher()->rank, 1);
  set({{"SLURM_STEP_ID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_PROCID", "5"}});
  EXPECT_EQ(find_launcher()->size, 8);
  EXPECT_EQ(find_launcher()->rank, 5);
}

TEST_F(Launcher, ABatchScriptOfSlurmIsNoLauncher) {
  set({{"SLURM_NTASKS", "8"}, {"SLURM_PROCID", "0"}});
  EXPECT_FALSE(find_launcher());
}

TEST_F(Launcher, TheInnermostLauncherCounts) {
  set({{"SLURM_STEP_ID", "0"}, {"SLURM_NTASKS", "8"}, {"OMPI_COMM_WORLD_SIZE", "1"}});
  EXPECT_FALSE(find_launcher());
}

TEST_F(Launcher, WhatIsNoNumberIsNotThere) {
  set({{"OMPI_COMM_WORLD_SIZE", "four"}, {"PMI_SIZE", ""}});
  EXPECT_FALSE(find_launcher());
}

}  // namespace
}  // namespace eida

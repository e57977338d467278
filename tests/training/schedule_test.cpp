#include "eida/training/schedule.h"

#include <gtest/gtest.h>

namespace eida {
namespace {

TEST(Schedule, RisesThenFallsInEachRound) {
  ScheduleOptions options;
  options.steps_per_round = 10;
  options.warmup_ratio = 0.2;
  for (int64_t round : {1, 3}) {
    EXPECT_DOUBLE_EQ(learning_rate_factor(options, round, 0), 0.0);
    EXPECT_DOUBLE_EQ(learning_rate_factor(options, round, 1), 0.5);
    EXPECT_DOUBLE_EQ(learning_rate_factor(options, round, 2), 1.0);
    EXPECT_DOUBLE_EQ(learning_rate_factor(options, round, 6), 0.5);
    EXPECT_DOUBLE_EQ(learning_rate_factor(options, round, 9), 0.125);
  }
}

TEST(Schedule, WholeRunDecaysOnceAndWarmsUpAgain) {
  ScheduleOptions options;
  options.steps_per_round = 10;
  options.rounds = 2;
  options.warmup_ratio = 0.2;
  options.whole_run = true;
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 1, 2), 0.5);  // 4 steps of warm-up
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 1, 4), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 2, 2), 0.5);  // (20 - 12) / 16
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 2, 0), 0.0);  // rises again
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 2, 1), 0.5 * 9.0 / 16.0);
  options.rewarm = false;
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 2, 0), 10.0 / 16.0);
}

TEST(Schedule, WithoutWarmUpStartsAtTheTop) {
  ScheduleOptions options;
  options.steps_per_round = 4;
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 1, 0), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate_factor(options, 1, 3), 0.25);
}

}  // namespace
}  // namespace eida

#include <gtest/gtest.h>

#include <cmath>

#include "eida/core/error.h"
#include "eida/measure/measure.h"

namespace eida {
namespace {

TEST(StudentT, EqualsPublishedTables) {
  // Two-sided 95 % and 99 %, as in any table of the distribution.
  EXPECT_NEAR(student_t(0.95, 1), 12.7062, 5e-5);
  EXPECT_NEAR(student_t(0.95, 2), 4.30265, 5e-6);
  EXPECT_NEAR(student_t(0.95, 4), 2.77645, 5e-6);
  EXPECT_NEAR(student_t(0.95, 9), 2.26216, 5e-6);
  EXPECT_NEAR(student_t(0.95, 30), 2.04227, 5e-6);
  EXPECT_NEAR(student_t(0.99, 5), 4.03214, 5e-6);
  EXPECT_NEAR(student_t(0.95, 100000), 1.95999, 2e-5);
}

TEST(StudentT, RefusesLevelsAndDegreesThatDoNotExist) {
  EXPECT_THROW(student_t(0.0, 3), ConfigError);
  EXPECT_THROW(student_t(1.0, 3), ConfigError);
  EXPECT_THROW(student_t(0.95, 0), ConfigError);
}

TEST(Interval, IsMeanAndStandardErrorTimesT) {
  const MeanInterval interval = mean_interval({1.0, 2.0, 3.0, 4.0, 5.0});
  EXPECT_DOUBLE_EQ(interval.mean, 3.0);
  EXPECT_NEAR(*interval.half, 2.77645 * std::sqrt(2.5 / 5), 1e-5);
  EXPECT_EQ(interval.repeats, 5);
}

TEST(Interval, OneRepeatGivesNone) {
  const MeanInterval interval = mean_interval({0.25});
  EXPECT_DOUBLE_EQ(interval.mean, 0.25);
  EXPECT_FALSE(interval.half.has_value());
  EXPECT_THROW(mean_interval({}), ConfigError);
}

}  // namespace
}  // namespace eida

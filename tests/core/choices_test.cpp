#include "eida/core/choices.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace eida {
namespace {

template <typename E>
class ChoiceOf : public ::testing::Test {};

using Every = ::testing::Types<MethodKind, EstimatorKind, TaskName, WeightsType, ModelInit,
                               Batching, SiteRole, TokenWeighting, ClassifierTokens, RankRule,
                               Schedule, LossNorm, TrainableExtra, Metric, MtevalConvention,
                               FigureKind, FigureFormat, Precision, OutputFormat>;
TYPED_TEST_SUITE(ChoiceOf, Every);

TYPED_TEST(ChoiceOf, EveryValueGoesThroughItsNameAndBack) {
  std::set<std::string_view> names;
  int place = 0;
  for (const ChoiceRow<TypeParam>& row : Choices<TypeParam>::kAll) {
    EXPECT_EQ(static_cast<int>(row.value), place++) << "a value without a row, or with two";
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " is there twice";
    EXPECT_FALSE(row.help.empty()) << row.name;
    EXPECT_EQ(to_string(row.value), row.name);
    EXPECT_EQ(from_string<TypeParam>(row.name), row.value);
    EXPECT_EQ(fmt::format("{}", row.value), row.name);
    EXPECT_EQ(nlohmann::json(row.value), std::string(row.name));
  }
  EXPECT_THROW(from_string<TypeParam>(""), ConfigError);
}

TEST(Choice, AnUnknownNameListsThoseThereAre) {
  try {
    from_string<RankRule>("best");
    FAIL() << "no error";
  } catch (const ConfigError& error) {
    EXPECT_STREQ(error.what(), "'best' is none of threshold, fixed, energy, budget, plan");
  }
}

}  // namespace
}  // namespace eida

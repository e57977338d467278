#include "eida/run/round_record.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace eida {
namespace {

RoundRecord record_of(int64_t round, Scores scores = {}) {
  RoundRecord record;
  record.round = round;
  record.scores = std::move(scores);
  return record;
}

TEST(RoundRecord, ComesBackFromItsJson) {
  RoundRecord record = record_of(3, {{"accuracy", 0.75}, {"loss", 0.1 + 0.2}});
  record.train_loss = 1.0 / 3.0;
  record.subspaces = SubspaceMeans{{0.5, NAN}, {NAN, 12.0}};
  record.merge = MergeParity{1e-7, 2.0, 2e-5, 0.4, 0.5, 64};
  record.trainable_parameters = 258;
  record.seconds = 1.25;
  const auto json = to_json(record);
  const auto back = read_rounds(nlohmann::json::parse("[" + json.dump() + "]"));
  ASSERT_EQ(back.size(), 1U);
  EXPECT_EQ(to_json(back.front()).dump(), json.dump());
  EXPECT_EQ(back.front().scores, record.scores);
  EXPECT_TRUE(std::isnan(back.front().subspaces->fidelity.delta_output));
  EXPECT_EQ(json.at("fidelity").at("delta_output"), nullptr);
}

TEST(RoundRecord, TheBestRoundHasTheBestScoreAndTheFirstOfEqualOnes) {
  const std::vector<RoundRecord> rounds = {record_of(1, {{"accuracy", 0.5}, {"loss", 0.7}}),
                                           record_of(2, {{"accuracy", 0.9}, {"loss", 0.3}}),
                                           record_of(3, {{"accuracy", 0.9}, {"loss", 0.5}})};
  EXPECT_EQ(best_round(rounds, {"accuracy"})->round, 2);
  EXPECT_EQ(best_round(rounds, {"loss", /*lower_is_better=*/true})->round, 2);  // lower is better
  EXPECT_EQ(best_round({record_of(1), record_of(2)}, {"accuracy"})->round,
            2);  // nothing to score on
  EXPECT_EQ(best_round({}, {"accuracy"}), nullptr);
}

}  // namespace
}  // namespace eida

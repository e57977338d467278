#include "eida/metrics/text_scores.h"

#include "eida/core/error.h"
#include "meteor_fixture.h"

namespace eida {
namespace {

using testing::MeteorTest;

const References kReferences{{"the pub is near it", "a pub near it"}, {"they went home"}};
const std::vector<std::string> kPredictions{"the bar is close to it", "they went out"};

class TextScoresTest : public MeteorTest {
 protected:
  ScoreSet score(TextScoreOptions options = {}) {
    data();
    options.meteor_data = folder();
    return score_texts(kReferences, kPredictions, options);
  }
};

TEST_F(TextScoresTest, GivesAllFiveInOrder) {
  const ScoreSet set = score();
  ASSERT_EQ(set.scores.size(), 5u);
  EXPECT_EQ(set.scores[0].name, "BLEU");
  EXPECT_EQ(set.scores[4].name, "CIDEr");
  EXPECT_EQ(set.items, 2u);
  EXPECT_EQ(set.references, 3u);
  EXPECT_TRUE(set.missing.empty());
  for (const TextScore& entry : set.scores) {
    EXPECT_EQ(entry.items.size(), 2u);
    EXPECT_EQ(entry.value, entry.statistics.corpus_score());
  }
}

TEST_F(TextScoresTest, NamesMeteorWithoutItsTable) {
  const ScoreSet set = score({.metrics = {Metric::kMeteor}, .paraphrases = false});
  EXPECT_EQ(set.scores.at(0).name, "METEOR (no paraphrases)");
  EXPECT_LT(set.scores[0].value, score().find(Metric::kMeteor)->value);
}

TEST_F(TextScoresTest, OtherScoresStandWhereMeteorsDataIsDamaged) {
  write_jar();
  write_table("1\nx\n");
  TextScoreOptions options;
  options.meteor_data = folder();
  const ScoreSet set = score_texts(kReferences, kPredictions, options);
  EXPECT_EQ(set.scores.size(), 4u);
  EXPECT_EQ(set.find(Metric::kMeteor), nullptr);
  ASSERT_EQ(set.missing.size(), 1u);
  EXPECT_NE(set.missing[0].find("EIDA_METEOR_DATA"), std::string::npos);
}

TEST_F(TextScoresTest, CountsEmptyPredictions) {
  const ScoreSet set = score_texts({{"a"}, {"b"}}, {" ", "b"}, {.metrics = {Metric::kBleu}});
  EXPECT_EQ(set.empty_predictions, 1u);
}

TEST_F(TextScoresTest, PerItemTableHasAColumnAMetric) {
  const ScoreSet set = score({.metrics = {Metric::kBleu, Metric::kRougeL}});
  const std::string table = per_item_table(set, {"the\tbar", "out"}, {"m1", "m2"});
  EXPECT_EQ(table.substr(0, table.find('\n')), "src\tsys_out\tBLEU\tsentBLEU\tROUGE_L");
  EXPECT_NE(table.find("m1\tthe bar\t0.0000\t"), std::string::npos) << table;
}

TEST_F(TextScoresTest, StatisticsCanBeCompared) {
  const auto a = score(), b = score();
  const auto same = compare_scores(a.scores[2].statistics, b.scores[2].statistics);
  EXPECT_TRUE(same.within_noise);
  EXPECT_THROW(compare_scores(a.scores[0].statistics, b.scores[1].statistics), DataError);
}

TEST_F(TextScoresTest, RefusesCountsThatDiffer) {
  EXPECT_THROW(score_texts({{"a"}}, {"a", "b"}), DataError);
  EXPECT_THROW(score_texts({{}}, {"a"}), DataError);
  EXPECT_THROW(score_texts({}, {}), DataError);
}

}  // namespace
}  // namespace eida

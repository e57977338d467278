// Check values of the E2E NLG Challenge's own scripts; needs the challenge's files.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>
#include <sstream>

#include "eida/metrics/text_files.h"
#include "eida/metrics/text_scores.h"
#include "support/test_data.h"

namespace eida {
namespace {

using testing::data_dir;

ScoreSet score_files(const std::filesystem::path& references, const std::filesystem::path& outputs,
                     const TextScoreOptions& options = {}) {
  const Predictions predictions = read_predictions(data_dir() / outputs);
  return score_texts(read_references(data_dir() / references, predictions), predictions.texts,
                     options);
}

std::string four(double value) { return fmt::format("{:.4f}", value); }
std::string four(const ScoreSet& set, Metric metric) {
  const TextScore* score = set.find(metric);
  return score == nullptr ? "missing" : four(score->value);
}

struct Expected {
  const char* system;
  const char *bleu, *nist_perl, *nist, *rouge_l, *cider, *meteor_without, *meteor;
};
// The last column is the challenge's published result.
constexpr std::array<Expected, 5> kSystems{{
    {"tgen", "0.6593", "8.6094", "8.5923", "0.6850", "2.2338", "0.4454", "0.4483"},
    {"slug", "0.6619", "8.6130", "8.5824", "0.6772", "2.2615", "0.4435", "0.4454"},
    {"zhang", "0.6545", "8.1840", "8.0041", "0.7083", "2.1012", "0.4357", "0.4392"},
    {"chen", "0.5859", "5.4383", "5.1265", "0.6714", "1.5790", "0.3807", "0.3836"},
    {"forge1", "0.4207", "6.5139", "6.5139", "0.5437", "1.3106", "0.3658", "0.3685"},
}};

class E2eSystems : public ::testing::TestWithParam<Expected> {};

TEST_P(E2eSystems, ScoresAreThePublishedOnes) {
  EIDA_NEED_DATA(data_dir());
  const Expected& wanted = GetParam();
  const auto outputs = std::filesystem::path("e2e-systems") / (std::string(wanted.system) + ".tsv");
  const ScoreSet set = score_files("e2e/testset_w_refs.csv", outputs);
  EXPECT_EQ(set.items, 630u);
  EXPECT_EQ(set.references, 4693u);
  EXPECT_EQ(four(set, Metric::kBleu), wanted.bleu);
  EXPECT_EQ(four(set, Metric::kNist), wanted.nist);
  EXPECT_EQ(four(set, Metric::kRougeL), wanted.rouge_l);
  EXPECT_EQ(four(set, Metric::kCider), wanted.cider);
  const ScoreSet other = score_files("e2e/testset_w_refs.csv", outputs,
                                     {.metrics = {Metric::kBleu, Metric::kNist, Metric::kMeteor},
                                      .convention = MtevalConvention::kPerl,
                                      .paraphrases = false});
  EXPECT_EQ(four(other, Metric::kBleu), wanted.bleu);
  EXPECT_EQ(four(other, Metric::kNist), wanted.nist_perl);
  if (!set.missing.empty()) GTEST_SKIP() << set.missing[0];
  EXPECT_EQ(four(set, Metric::kMeteor), wanted.meteor);
  EXPECT_EQ(four(other, Metric::kMeteor), wanted.meteor_without);
}

INSTANTIATE_TEST_SUITE_P(Primary, E2eSystems, ::testing::ValuesIn(kSystems),
                         [](const auto& info) { return std::string(info.param.system); });

class E2eItems : public ::testing::TestWithParam<const char*> {};

TEST_P(E2eItems, EveryValueIsThatOfTheChallengesScripts) {
  EIDA_NEED_DATA(data_dir());
  const auto file = std::filesystem::path("e2e-systems") / GetParam();
  const ScoreSet set = score_files("e2e/testset_w_refs.csv", file);
  const Predictions predictions = read_predictions(data_dir() / file);
  std::istringstream ours(per_item_table(set, predictions.texts, predictions.sources));
  std::ifstream theirs(data_dir() / file);
  if (!set.missing.empty()) GTEST_SKIP() << set.missing[0];
  std::string got, wanted;
  for (int line = 1; std::getline(theirs, wanted); ++line) {
    ASSERT_TRUE(std::getline(ours, got)) << "line " << line;
    if (line == 1) {
      EXPECT_EQ(got, wanted);
      continue;
    }
    const auto scores = [](const std::string& row) {  // the six last columns
      size_t at = row.size();
      for (int column = 0; column < 6; ++column) at = row.rfind('\t', at - 1);
      return row.substr(at);
    };
    EXPECT_EQ(scores(got), scores(wanted)) << "line " << line;
  }
}

INSTANTIATE_TEST_SUITE_P(Tnt, E2eItems,
                         ::testing::Values("Primary-Sys1.segscores.tsv",
                                           "Sys2-Model1.segscores.tsv"),
                         [](const auto& info) { return std::to_string(info.index + 1); });

TEST(E2eExample, ScoresAreThoseOfE2eMetrics) {
  EIDA_NEED_DATA(data_dir());
  const ScoreSet set =
      score_files("e2e-metrics-example/devel-conc.txt", "e2e-metrics-example/baseline-output.txt",
                  {.paraphrases = false});
  EXPECT_EQ(fmt::format("{:.6f}", set.find(Metric::kBleu)->value), "0.720293");
  EXPECT_EQ(fmt::format("{:.6f}", set.find(Metric::kNist)->value), "7.788888");
  EXPECT_EQ(fmt::format("{:.6f}", set.find(Metric::kRougeL)->value), "0.790953");
  EXPECT_EQ(fmt::format("{:.6f}", set.find(Metric::kCider)->value), "2.303943");
  const auto& bleu = set.find(Metric::kBleu)->statistics;
  double hits = 0.0, closest = 0.0;
  for (size_t i = 0; i < bleu.items(); ++i) hits += bleu.row(i)[0], closest += bleu.row(i)[8];
  EXPECT_EQ(hits, 143.0);
  EXPECT_EQ(closest, 150.0);
  if (!set.missing.empty()) GTEST_SKIP() << set.missing[0];
  const TextScore& meteor = *set.find(Metric::kMeteor);
  EXPECT_EQ(fmt::format("{:.6f}", meteor.value), "0.479150");
  EXPECT_EQ(four(meteor.items[4]), "0.3201");
  const auto row = meteor.statistics.row(1);
  EXPECT_EQ((std::vector<double>(row.begin(), row.end())),
            (std::vector<double>{14, 14, 4, 5, 7, 7, 3, 3, 0, 0,  0, 0,
                                 2,  1,  0, 1, 0, 0, 0, 0, 3, 12, 12}));
}

}  // namespace
}  // namespace eida

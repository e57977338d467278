#include "eida/report/eval_report.h"

#include <gtest/gtest.h>

#include "report/chromium.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

using testing::holds;

EvalReport generation() {
  EvalReport report;
  report.title = "Evaluation: e2e";
  report.facts = {{"model", "gpt2"}};
  report.scores = {{"BLEU", 0.5, {{0.4, 0.6}}}, {"NIST", 7.0, {}}};
  report.item_value = "METEOR";
  report.worst_of = "1,630 items";
  report.worst = {{17,
                   "name[<b>Alimentum</b>]",
                   "<script>alert(1)</script>",
                   {"one", "two", "three", "four", "five", "six", "seven"},
                   0.125}};
  report.beams = {{"name[x]", {{"first", -0.5}, {"second \x1b[31m", -0.75}}}};
  report.manifest.command_line = {"eida-eval", "--beams", "3"};
  return report;
}

class EvalReportPage : public ::testing::Test {
 protected:
  std::string written(const EvalReport& report) const {
    write_eval_report(dir_.path() / "report.html", report);
    return testing::page_text(dir_.path() / "report.html");
  }
  testing::TempDir dir_;
};

TEST_F(EvalReportPage, ShowsScoresWorstItemsAndBeams) {
  const std::string html = written(generation());
  for (const char* part :
       {"BLEU 0.5000 (95 %: 0.4000 to 0.6000)", "7.0000", "The worst 1 of 1,630 items", "0.1250",
        ">17<", "Beam alternatives", "-0.7500", "… and 2 more", "eida-eval --beams 3"})
    EXPECT_TRUE(holds(html, part)) << part;
  EXPECT_FALSE(holds(html, "seven"));
}

TEST_F(EvalReportPage, SaysThatTheWeightsAreRandom) {
  EvalReport report = generation();
  EXPECT_FALSE(holds(written(report), "The weights are random"));
  report.weights = "random, seed 3";
  EXPECT_TRUE(holds(written(report), "The weights are random (random, seed 3)"));
}

TEST_F(EvalReportPage, SaysThatTheHeadIsRandom) {
  EvalReport report = generation();
  EXPECT_FALSE(holds(written(report), "head is random"));
  report.weights = "from file";
  report.random_tensors = {"classifier.weight"};
  EXPECT_TRUE(holds(written(report),
                    "classifier.weight come from the seed. The scores are those of chance."));
  report.weights = "random, seed 3";
  EXPECT_FALSE(holds(written(report), "head is random"));
}

TEST_F(EvalReportPage, TextOfOthersIsNoMarkupAndHasNoControlCharacters) {
  const std::string html = written(generation());
  EXPECT_FALSE(holds(html, "<script>alert"));
  EXPECT_FALSE(holds(html, "<b>Alimentum"));
  EXPECT_TRUE(holds(html, "&lt;script&gt;alert(1)"));
  EXPECT_FALSE(holds(html, "\x1b"));
}

TEST_F(EvalReportPage, LongTextsAreCut) {
  EvalReport report = generation();
  report.worst.front().prediction = std::string(100'000, 'x');
  EXPECT_FALSE(holds(written(report), std::string(401, 'x')));
}

TEST_F(EvalReportPage, TablesFollowTheScores) {
  EvalReport report = generation();
  Table table({"label", "0", "1"});
  table.add_row({"0", "31", "2"});
  report.tables.emplace_back("Confusion matrix", table);
  report.beams.clear();
  const std::string html = written(report);
  EXPECT_TRUE(holds(html, "<caption>Confusion matrix</caption>"));
  EXPECT_FALSE(holds(html, ">Confusion matrix</h2>"));
  EXPECT_TRUE(holds(html, ">31<"));
  EXPECT_FALSE(holds(html, "Beam alternatives"));
}

TEST_F(EvalReportPage, WithoutLabelsItSaysSo) {
  EvalReport report = generation();
  report.scores.clear();
  report.worst.clear();
  const std::string html = written(report);
  EXPECT_TRUE(holds(html, "nothing to score"));
  EXPECT_FALSE(holds(html, "Worst items"));
}

TEST_F(EvalReportPage, IsSoundInChromium) {
  written(generation());
  testing::expect_sound_in_chromium(dir_.path() / "report.html", 0);
}

}  // namespace
}  // namespace eida

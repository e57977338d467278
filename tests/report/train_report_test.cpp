#include "eida/report/train_report.h"

#include <gtest/gtest.h>

#include <cmath>

#include "eida/core/error.h"
#include "report/chromium.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

using testing::holds;

using nlohmann::json;

json place(const std::string& kind, const std::string& weights, double fidelity,
           const json& drift) {
  return {{"kind", kind},   {"weights", weights},  {"name", "encoder.layer.0." + weights},
          {"layer", 0},     {"dim", 24},           {"rank", 4},
          {"drift", drift}, {"fidelity", fidelity}};
}

TrainReport two_rounds() {
  TrainReport report;
  report.method = "eida";
  report.facts = {{"model", "<script>alert('model')</script>"}};
  report.rounds_planned = 3;
  report.steps = {{10.0, 0.7, 1e-4, 2.0}, {20.0, 0.6, 5e-5, 1.0}};
  report.fidelity_of = "the samples themselves";
  report.audit = {{"adapter", 300}, {"head", 100}};
  for (int64_t round = 1; round <= 2; ++round) {
    const json merge = {{"largest_difference", round == 1 ? 1e-6 : 1e-4},
                        {"tolerance", 1e-5},
                        {"loss_before", 0.6},
                        {"loss_after", 0.6}};
    json drift;
    if (round == 2) drift = {{"mean_degrees", 30.0}, {"largest_degrees", 31.0}};
    report.rounds.push_back(
        {{"round", round},
         {"train_loss", 0.7 / static_cast<double>(round)},
         {"eval", {{"accuracy", 0.5}, {"loss", 0.65}}},
         {"merge", merge},
         {"seconds", 0.0},
         {"sampling_seconds", 0.0},
         {"estimation_seconds", 0.0},
         {"places",
          {place("input", "q,k,v", 0.91, drift), place("delta_output", "q", 0.8, drift)}}});
  }
  report.config = "rounds: 3";
  return report;
}

class TrainReportPage : public ::testing::Test {
 protected:
  std::string written(const TrainReport& report) const {
    write_train_report(dir_.path() / "report.html", report);
    return testing::page_text(dir_.path() / "report.html");
  }
  testing::TempDir dir_;
};

TEST_F(TrainReportPage, HasASectionForEverythingThatIsKnown) {
  const std::string html = written(two_rounds());
  for (const char* part :
       {"Curves", "Rounds", "Subspaces", "What trains", "Merging", "How to reproduce",
        "training loss", "learning rate", "Fidelity of inputs", "Drift of Δ(output) subspaces",
        "the samples themselves", "30.0°", "rounds: 3", "0.9100", "75.0 %", ">NO<",
        "2 of 3 rounds"})
    EXPECT_TRUE(holds(html, part)) << part;
  EXPECT_FALSE(holds(html, "nan"));
}

TEST_F(TrainReportPage, SaysThatTrainingStartedFromRandomWeights) {
  TrainReport report = two_rounds();
  EXPECT_FALSE(holds(written(report), "The weights are random"));
  report.weights = "random, seed 3";
  EXPECT_TRUE(holds(written(report), "The weights are random (random, seed 3)"));
}

TEST_F(TrainReportPage, TextOfOthersIsNoMarkup) {
  const std::string html = written(two_rounds());
  EXPECT_FALSE(holds(html, "<script>alert"));
  EXPECT_TRUE(holds(html, "&lt;script&gt;alert"));
}

TEST_F(TrainReportPage, IsReadAgainOnlyWhileTheRunGoesOn) {
  TrainReport report = two_rounds();
  EXPECT_FALSE(holds(written(report), "http-equiv=\"refresh\""));
  report.running = true;
  const std::string html = written(report);
  EXPECT_TRUE(holds(html, "http-equiv=\"refresh\""));
  EXPECT_TRUE(holds(html, "had not ended"));
}

TEST_F(TrainReportPage, LeavesOutWhatThereIsNot) {
  TrainReport report = two_rounds();
  for (json& round : report.rounds) round.erase("places");
  EXPECT_FALSE(holds(written(report), ">Subspaces<"));
  for (json& round : report.rounds) round.erase("merge");
  EXPECT_FALSE(holds(written(report), ">Merging<"));
  report.rounds.clear();
  report.steps.clear();
  const std::string html = written(report);
  EXPECT_FALSE(holds(html, ">Merging<"));
  EXPECT_TRUE(holds(html, "No step is logged yet"));
}

TEST_F(TrainReportPage, SaysWhereItCannotBeWritten) {
  EXPECT_THROW(write_train_report(dir_.path() / "no" / "report.html", two_rounds()), DataError);
}

TEST_F(TrainReportPage, IsSoundInChromium) {
  written(two_rounds());
  testing::expect_sound_in_chromium(dir_.path() / "report.html", 9);
}

TEST(ThinnedSteps, AFewPointsStayAsTheyAre) {
  ThinnedSteps steps;
  for (int i = 1; i <= 3; ++i) steps.add({1.0 * i, 2.0 * i, 3.0 * i, 4.0 * i});
  const auto points = steps.points();
  ASSERT_EQ(points.size(), 3U);
  EXPECT_EQ(points[2].step, 3.0);
  EXPECT_EQ(points[2].loss, 6.0);
  EXPECT_EQ(points[2].lr, 9.0);
  EXPECT_EQ(points[2].grad_norm, 12.0);
}

TEST(ThinnedSteps, ManyPointsBecomeMeansOfNeighbours) {
  constexpr int kSteps = 12'345;  // strides of 16: 771 means of 16 and one of 9
  ThinnedSteps steps;
  for (int i = 1; i <= kSteps; ++i) steps.add({1.0 * i, 2.0 * i, 0.5, 1.0});
  const auto points = steps.points();
  ASSERT_EQ(points.size(), 772U);
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    EXPECT_DOUBLE_EQ(points[i].step, 16.0 * static_cast<double>(i) + 8.5);
    EXPECT_DOUBLE_EQ(points[i].loss, 2.0 * points[i].step);
    EXPECT_DOUBLE_EQ(points[i].lr, 0.5);
  }
  EXPECT_DOUBLE_EQ(points.back().step, kSteps - 4.0);
}

}  // namespace
}  // namespace eida

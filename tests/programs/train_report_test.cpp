/// The page of eida-train, what it shows, and event files, as a user sees them.
#include <gtest/gtest.h>

#include "programs/train_fixture.h"
#include "support/file_helpers.h"
#include "support/python.h"

namespace eida {
namespace {

using nlohmann::json;
using testing::holds;
using testing::RunningProgram;

class TrainReportTest : public testing::TrainProgram {
 protected:
  void run_well(const std::vector<std::string>& arguments) const {
    const auto result = run(arguments);
    ASSERT_EQ(result.code, 0) << result.err;
  }
  void train_into_a(const std::vector<std::string>& more) const { run_well(train(a_, true, more)); }
  std::string page() const { return testing::page_text(a_ / "report.html"); }
  json places(int round) const {
    return read_json(a_ / ("rounds/0" + std::to_string(round)) / "subspaces.json");
  }
  std::vector<json> round_ends() const {
    std::vector<json> lines;
    std::istringstream stream(read_file(a_ / "metrics.jsonl"));
    for (std::string line; std::getline(stream, line);) {
      json entry = json::parse(line);
      if (entry.value("event", "") == "round_end") lines.push_back(std::move(entry));
    }
    return lines;
  }
  /// A run that a signal stops as soon as `file` is there.
  void stop_when_there_is(const std::vector<std::string>& arguments,
                          const std::filesystem::path& file) const {
    const RunningProgram program(dir_.path(), arguments);
    ASSERT_TRUE(testing::wait_for(file));
    program.send(SIGINT);
    ASSERT_EQ(program.wait().code, 128 + SIGINT);
  }
};

TEST_F(TrainReportTest, ShowsTheWholeRun) {
  train_into_a({"--set", "train.log_every=2"});
  const std::string html = page();
  for (const char* part :
       {"Curves", "Scores on data.dev", "Fidelity of inputs", "Drift of input subspaces",
        "the samples themselves", "adapter", "Merging", "How to reproduce", "2 of 2 rounds"})
    EXPECT_TRUE(holds(html, part)) << part;
  EXPECT_FALSE(holds(html, "http-equiv=\"refresh\""));
  EXPECT_TRUE(holds(html, "from file"));
}

TEST_F(TrainReportTest, SaysThatTrainingStartedFromRandomWeights) {
  train_into_a({"--method", "full", "--set", "model.init=random"});
  EXPECT_TRUE(holds(page(), "The weights are random (random, seed 0)"));
}

TEST_F(TrainReportTest, AHeadFromTheSeedIsSaidToBeUntilAnAdapterBringsOne) {
  write_encoder_without_head();
  train_into_a({"--set", "rounds=1"});
  EXPECT_TRUE(holds(page(), "from file; random, from the seed: classifier.dense.weight"));
  const auto scored = [&](const std::vector<std::string>& more) {
    run_well(with({EIDA_EVAL, "--model", encoder_.string(), "--task", "classification", "--data",
                   dev_.string(), "--threads", "1", "--set", "data.max_length=0", "--output",
                   b_.string(), "--overwrite"},
                  more));
    return testing::page_text(b_ / "report.html");
  };
  EXPECT_TRUE(holds(scored({}), "The scores are those of chance."));
  EXPECT_FALSE(holds(scored({"--adapter", (a_ / "rounds/01/adapter.safetensors").string()}),
                     "random, from the seed"));
}

TEST_F(TrainReportTest, IsThereWhileTheRunGoesOnAndSaysSo) {
  auto arguments = train(a_);
  *std::find(arguments.begin(), arguments.end(), "2") = "6";  // --rounds
  stop_when_there_is(arguments, a_ / "rounds/01/adapter.safetensors");
  const std::string html = page();
  EXPECT_TRUE(holds(html, "http-equiv=\"refresh\""));
  EXPECT_TRUE(holds(html, " of 6 rounds were done"));
  run_well(with(arguments, {"--resume"}));
  EXPECT_FALSE(holds(page(), "http-equiv=\"refresh\""));
  EXPECT_TRUE(holds(page(), "6 of 6 rounds"));
}

TEST_F(TrainReportTest, RoundsRecordFidelityAndDrift) {
  train_into_a({});
  const json first = places(1), second = places(2);
  EXPECT_EQ(first.at("fidelity_of"), "the samples themselves");
  ASSERT_EQ(first.at("places").size(), 9U + 13U);  // input spaces, sites
  double sum = 0.0;
  for (const json& place : second.at("places")) {
    const double fidelity = place.at("fidelity"), mean = place.at("drift").at("mean_degrees");
    EXPECT_GT(fidelity, 0.0);
    EXPECT_LE(fidelity, 1.0);
    EXPECT_GE(mean, 0.0);
    EXPECT_GE(place.at("drift").at("largest_degrees"), mean);
    EXPECT_LE(place.at("drift").at("largest_degrees"), 90.0 + 1e-9);
    EXPECT_EQ(place.at("rank"), 4);
    if (place.at("kind") == "input") sum += mean;
  }
  for (const json& place : first.at("places")) EXPECT_TRUE(place.at("drift").is_null());
  const auto rounds = round_ends();
  ASSERT_EQ(rounds.size(), 2U);
  EXPECT_TRUE(rounds[0].at("drift_degrees").at("input").is_null());
  EXPECT_NEAR(rounds[1].at("drift_degrees").at("input"), sum / 9.0, 1e-9);
  EXPECT_GT(rounds[1].at("fidelity").at("delta_output"), 0.0);
}

TEST_F(TrainReportTest, TheRuleThatMeasuresSaysFidelityOfHeldOutVectors) {
  auto arguments = train(a_, true,
                         {"--dims", "2,4,8", "--set", "ranks.narrow=4", "--set", "ranks.wide=8",
                          "--set", "ranks.heldout=12"});
  std::replace(arguments.begin(), arguments.end(), std::string("ranks.rule=fixed"),
               std::string("ranks.rule=threshold"));
  run_well(arguments);
  EXPECT_EQ(places(1).at("fidelity_of"), "held-out vectors");
  for (const json& place : places(1).at("places")) EXPECT_FALSE(place.at("fidelity").is_null());
}

TEST_F(TrainReportTest, MethodsWithoutSubspacesHaveNoSuchSection) {
  train_into_a({"--method", "lora"});
  EXPECT_FALSE(std::filesystem::exists(a_ / "rounds/01/subspaces.json"));
  EXPECT_FALSE(holds(page(), ">Subspaces<"));
  EXPECT_FALSE(round_ends().front().contains("fidelity"));
}

TEST_F(TrainReportTest, TensorBoardReadsTheNumbersOfMetricsJsonl) {
  EIDA_NEED_PYTHON(dir_.path(), "tensorboard");
  const std::vector<std::string> options = {"--set", "train.tensorboard=true",
                                            "--set", "train.log_every=1",
                                            "--set", "train.save_every=4"};
  auto arguments = train(a_, true, options);
  *std::find(arguments.begin(), arguments.end(), "2") = "6";  // --rounds
  stop_when_there_is(arguments, a_ / "rounds/01/adapter.safetensors");
  run_well(with(arguments, {"--resume"}));
  const auto result = run({EIDA_PYTHON_PROGRAM, EIDA_SOURCE_DIR "/scripts/read_tensorboard.py",
                           (a_ / "tensorboard").string()});
  ASSERT_EQ(result.code, 0) << result.err;
  const json scalars = json::parse(result.out);
  json losses = json::array();
  std::istringstream stream(read_file(a_ / "metrics.jsonl"));
  for (std::string line; std::getline(stream, line);) {
    const json entry = json::parse(line);
    if (!entry.contains("event"))
      losses.push_back({losses.size() + 1, static_cast<float>(entry.at("loss").get<double>())});
  }
  EXPECT_EQ(scalars.at("train/loss"), losses);
  for (const char* tag : {"train/lr", "train/grad_norm", "train/examples_per_s"})
    EXPECT_EQ(scalars.at(tag).size(), losses.size()) << tag;
  const auto rounds = round_ends();
  EXPECT_FLOAT_EQ(scalars.at("eval/accuracy").back().at(1),
                  rounds.back().at("eval").at("accuracy"));
  EXPECT_EQ(scalars.at("eval/accuracy").back().at(0), losses.size());
}

}  // namespace
}  // namespace eida

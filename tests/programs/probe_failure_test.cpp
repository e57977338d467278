// What a user sees when something is wrong: one line, the right exit code, no folder that looks
// complete.
#include <csignal>

#include "probe_fixture.h"

namespace eida::testing {
namespace {

TEST_F(ProbeProgram, AMissingModelFolderSaysHowToGetOne) {
  expect_error(run(quick(dir_.path() / "nowhere", "classification", reviews_)), 4, "hf download");
}

TEST_F(ProbeProgram, AFileIsNoModelFolder) {
  const auto file = encoder_ / "config.json";
  expect_error(run(quick(file, "classification", reviews_)), 4, "--model takes a folder");
}

TEST_F(ProbeProgram, AnEncoderDoesNotComplete) {
  expect_error(run(quick(encoder_, "e2e", pairs_)), 4,
               "\"roberta\" does not fit a completion task");
}

TEST_F(ProbeProgram, AFileWithoutLabelsNamesTheColumn) {
  write_file_atomic(reviews_, "index\tsentence\n0\tfine film\n");
  expect_error(run(quick(encoder_, "sst2", reviews_)), 3, "no column 'label'");
  write_file_atomic(pairs_, "mr\nname : x\n");
  const auto test = dir_.path() / "test.csv";
  std::filesystem::rename(pairs_, test);
  expect_error(run(quick(decoder_, "e2e", test)), 3, "no completions");
}

TEST_F(ProbeProgram, BrokenConfigJsonNamesFileAndLine) {
  write_file_atomic(encoder_ / "config.json", "{\n \"model_type\": \"roberta\",,\n}");
  expect_error(run(quick_reviews()), 4, "config.json:2");
}

TEST_F(ProbeProgram, UnsupportedConfigValueNamesTheKey) {
  std::string text = read_file(encoder_ / "config.json");
  text.insert(1, "\"is_decoder\": true, ");
  write_file_atomic(encoder_ / "config.json", text);
  expect_error(run(quick_reviews()), 4, "is_decoder");
}

TEST_F(ProbeProgram, TruncatedWeightsAreAFormatError) {
  LoadOptions random;
  random.random_init = true;
  save_pretrained(*load_pretrained(encoder_, TaskKind::kClassification, random), encoder_);
  const auto weights = encoder_ / "model.safetensors";
  std::filesystem::resize_file(weights, std::filesystem::file_size(weights) - 100);
  expect_error(run(quick_reviews({"--set", "model.init=pretrained"})), 4, "model.safetensors");
}

TEST_F(ProbeProgram, MissingWeightsSayHowToStartWithout) {
  expect_error(run(quick_reviews({"--set", "model.init=pretrained"})), 4, "model.safetensors");
}

TEST_F(ProbeProgram, EmptyDataFileIsADataError) {
  write_file_atomic(reviews_, "");
  expect_error(run(quick_reviews()), 3, "reviews.tsv");
}

TEST_F(ProbeProgram, TruncatedDataFileNamesTheLine) {
  write_file_atomic(reviews_, "sentence\tlabel\nfine film\t1\nbroken ro");
  expect_error(run(quick_reviews()), 3, "reviews.tsv:3");
}

/// What is refused makes no folder, and --dry-run refuses it too.
class ProbeRefuses : public ProbeProgram {
 protected:
  void expect_refused(std::vector<std::string> more, int code, const std::string& part) const {
    for (const bool dry : {false, true}) {
      if (dry) more.emplace_back("--dry-run");
      const ProgramResult result = run(quick_reviews(more));
      expect_error(result, code, part);
      EXPECT_EQ(result.err.find("probing"), std::string::npos) << result.err;
      EXPECT_FALSE(std::filesystem::exists(run_));
    }
  }
};

TEST_F(ProbeRefuses, MoreExamplesThanThereAre) {
  expect_refused({"--set", "sampling.examples=5000"}, 3, "5040");
}

TEST_F(ProbeRefuses, MoreTokensThanASentenceHas) {
  expect_refused({"--tokens", "500"}, 3, "500 tokens");
}

TEST_F(ProbeRefuses, AMemoryLimitThatNoPlaceFitsInto) {
  expect_refused({"--memory-limit", "20"}, 2, "run.memory_limit: 20 MiB");
}

TEST_F(ProbeRefuses, AModelThatNoMachineHolds) {
  write_encoder_config(3'000'000, 2, 40);
  expect_refused({}, 2, "a model of the sizes in config.json takes");
}

TEST_F(ProbeRefuses, TokensThatTheModelHasNoRowFor) {
  std::string config = read_file(encoder_ / "config.json");
  config.replace(config.find("300"), 3, "100");
  write_file_atomic(encoder_ / "config.json", config);
  expect_refused({}, 3, "is not in the model's table of 100");
}

TEST_F(ProbeRefuses, AMissingRankPlan) {
  expect_refused({"--rank-plan", (dir_.path() / "plan.json").string()}, 3, "plan.json");
}

TEST_F(ProbeRefuses, ARankPlanOfAnotherModel) {
  const auto plan = dir_.path() / "plan.json";
  nlohmann::json json = {{"rule", "fixed"}};
  for (int place = 0; place < 10; ++place) json["inputs"][std::to_string(place)] = 4;
  for (int place = 0; place < 13; ++place) json["delta_outputs"][std::to_string(place)] = 4;
  write_file_atomic(plan, json.dump());
  expect_refused({"--rank-plan", plan.string()}, 3,
                 "place 9 does not exist, the model's places are 0 to 8");
}

TEST_F(ProbeRefuses, ABudgetBelowTheSmallestRanks) {
  expect_refused({"--rule", "budget", "--set", "ranks.budget=3"}, 2, "ranks.budget");
}

TEST_F(ProbeProgram, MoreDimensionsThanAPlaceHasIsAConfigError) {
  expect_error(run(quick_reviews({"--set", "subspace.dims=[4, 8, 30]"})), 2, "30");
}

TEST_F(ProbeProgram, ARunWithoutAFolderIsAConfigError) {
  expect_error(run(quick_reviews({"--set", "run.output=null"})), 2, "--output");
}

TEST_F(ProbeProgram, UnknownKeySuggestsTheNearest) {
  expect_error(run(quick_reviews({"--set", "sampling.exmples=3"})), 2, "sampling.examples");
}

TEST_F(ProbeProgram, Float16IsAConfigErrorWithAHint) {
  expect_error(run(quick_reviews({"--set", "run.precision=fp16"})), 2, "bf16");
}

TEST_F(ProbeProgram, AnotherFolderIsNotOverwritten) {
  std::filesystem::create_directories(run_);
  write_file_atomic(run_ / "thesis.txt", "mine");
  EXPECT_EQ(run(quick_reviews()).code, 2);
  EXPECT_EQ(run(quick_reviews({"--overwrite"})).code, 2);
  EXPECT_EQ(read_file(run_ / "thesis.txt"), "mine");
}

TEST_F(ProbeProgram, AFullDiskIsADataErrorAndLeavesTheMark) {
  expect_error(run(on_small_disk(quick_reviews({"--save-subspaces"}))), 3, "File too large");
  EXPECT_TRUE(std::filesystem::exists(run_ / "INCOMPLETE"));
}

class ProbeInterrupted : public ProbeProgram, public ::testing::WithParamInterface<int> {};

TEST_P(ProbeInterrupted, EndsWithItsCodeAndLeavesTheMark) {
  expect_interrupted(quick_reviews({"--set", "probe.repeats=1000"}), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Signals, ProbeInterrupted, ::testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace eida::testing

// What a user sees when something is wrong: one line, the right exit code, no folder that looks
// complete.
#include <csignal>

#include "probe_fixture.h"

namespace eida::testing {
namespace {

TEST_F(ProbeProgram, MissingModelFolderIsADataError) {
  expect_error(run(quick(dir_.path() / "nowhere", "classification", reviews_)), 3, "nowhere");
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

TEST_F(ProbeProgram, MoreTokensThanASentenceHasIsADataError) {
  expect_error(run(quick_reviews({"--tokens", "500"})), 3, "500 tokens");
}

TEST_F(ProbeProgram, MoreExamplesThanThereAreIsADataError) {
  expect_error(run(quick_reviews({"--set", "sampling.examples=5000"})), 3, "5040");
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

TEST_F(ProbeProgram, ADecoderDoesNotClassify) {
  expect_error(run(quick(decoder_, "classification", reviews_)), 4, "gpt2");
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

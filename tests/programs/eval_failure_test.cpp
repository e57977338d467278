// eida-eval where something is wrong: one clear line, the right exit code, nothing that looks
// whole.
#include <csignal>

#include "eval_fixture.h"

namespace eida::testing {
namespace {

TEST_F(EvalProgram, AMissingModelIsNamed) {
  const auto nowhere = dir_.path() / "nowhere";
  const ProgramResult result = run(into_run(evaluate(nowhere, "classification", reviews_)));
  expect_eval_error(result, 4, "nowhere");
}

TEST_F(EvalProgram, MissingWeightsSayHowToStartWithout) {
  expect_eval_error(run(into_run(reviews({"--set", "model.init=pretrained"}))), 4,
                    "model.safetensors");
}

TEST_F(EvalProgram, AnEncoderDoesNotComplete) {
  expect_eval_error(run(into_run(evaluate(encoder_, "e2e", pairs_))), 4, "roberta");
}

TEST_F(EvalProgram, ScoresOfAnotherTaskAreAConfigError) {
  expect_eval_error(run(into_run(reviews({"--metrics", "bleu"}))), 2, "bleu is no score of task");
  expect_eval_error(run(into_run(pairs({"--metrics", "accuracy"}))), 2, "accuracy is no score");
  expect_eval_error(run(into_run(pairs({"--metrics", "loss,bleu"}))), 2, "two runs");
  expect_eval_error(run(into_run(reviews({"--metrics", "acuracy"}))), 2, "did you mean accuracy?");
}

TEST_F(EvalProgram, AMissingDataFileIsADataError) {
  expect_eval_error(run(into_run(evaluate(encoder_, "classification", dir_.path() / "no.tsv"))), 3,
                    "no.tsv");
}

TEST_F(EvalProgram, AnEmptyDataFileIsADataError) {
  expect_eval_error(run(into_run(evaluate(encoder_, "classification", file("empty.tsv", "")))), 3,
                    "empty.tsv");
}

TEST_F(EvalProgram, TextThatIsNotUtf8NamesItsLine) {
  const auto data = file("bad.tsv",
                         "sentence\tlabel\nfine\t1\nb\xff"
                         "d\t0\n");
  expect_eval_error(run(into_run(evaluate(encoder_, "classification", data))), 3, "bad.tsv:3");
}

TEST_F(EvalProgram, ARegressionHeadIsNotScoredAsClasses) {
  auto config = nlohmann::json::parse(read_file(encoder_ / "config.json"));
  for (const auto& [key, value] :
       {std::pair<std::string, nlohmann::json>("num_labels", 1), {"problem_type", "regression"}}) {
    auto changed = config;
    changed[key] = value;
    write_file_atomic(encoder_ / "config.json", changed.dump());
    expect_eval_error(run(into_run(reviews())), 4, "regression");
  }
}

TEST_F(EvalProgram, MoreClassesThanTheModelHasIsADataError) {
  auto config = nlohmann::json::parse(read_file(encoder_ / "config.json"));
  config["num_labels"] = 2;
  write_file_atomic(encoder_ / "config.json", config.dump());
  const auto data = file("three.tsv", "sentence\tlabel\na\t0\nb\t1\nc\t2\n");
  expect_eval_error(run(into_run(evaluate(encoder_, "classification", data))), 3, "3 classes");
}

TEST_F(EvalProgram, ATextLongerThanTheModelTakesIsADataError) {
  const auto data = file("long.tsv", "sentence\tlabel\n" + std::string(400, 'x') + "\t0\nb\t1\n");
  const ProgramResult result = run(into_run(evaluate(encoder_, "classification", data)));
  EXPECT_EQ(result.code, 3) << result.err;
  EXPECT_FALSE(looks_complete());
}

TEST_F(EvalProgram, CompletionsAreNeededForTheirLoss) {
  const auto data = file("prompts.csv", "mr\nname[a]\n");
  expect_eval_error(run(into_run(evaluate(decoder_, "e2e", data, {"--metrics", "loss"}))), 3,
                    "has no completions");
}

TEST_F(EvalProgram, GeneratedTextNeedsAFolder) {
  expect_eval_error(run(pairs()), 2, "--output DIR");
}

TEST_F(EvalProgram, AMissingAdapterFileIsNamed) {
  expect_eval_error(
      run(into_run(reviews({"--adapter", (dir_.path() / "no.safetensors").string()}))), 3,
      "no.safetensors");
}

TEST_F(EvalProgram, AFolderThatIsNotEmptyIsNotOverwritten) {
  std::filesystem::create_directories(run_);
  write_file_atomic(run_ / "thesis.txt", "mine");
  EXPECT_EQ(run(into_run(reviews())).code, 2);
  EXPECT_EQ(run(into_run(reviews({"--overwrite"}))).code, 2);
  EXPECT_EQ(read_file(run_ / "thesis.txt"), "mine");
}

TEST_F(EvalProgram, AFullDiskIsADataErrorAndLeavesTheMark) {
  expect_eval_error(run(on_small_disk(into_run(reviews()))), 3, "File too large");
  EXPECT_TRUE(std::filesystem::exists(run_ / "INCOMPLETE"));
}

/// A call with so much address space.
std::vector<std::string> within(int64_t kib, const std::vector<std::string>& arguments) {
  std::vector<std::string> limited = {"/bin/sh", "-c",
                                      "ulimit -v " + std::to_string(kib) + "; exec \"$@\"", "sh"};
  limited.insert(limited.end(), arguments.begin(), arguments.end());
  return limited;
}

TEST_F(EvalProgram, WithoutMemoryItIsOneLineWhereverThatIs) {
  std::string rows;
  for (int i = 0; i < 1'000'000; ++i) rows += "a\n";
  const std::string texts = file("texts.txt", rows).string();
  const std::vector<std::string> score = {
      EIDA_EVAL, "score",     "--references", texts,   "--predictions",
      texts,     "--metrics", "bleu",         "--set", "eval.resamples=1"};
  constexpr int64_t kStep = 32 << 10;
  int64_t least = 8 << 20;  // to start at all
  for (int64_t low = 0; least - low > kStep;) {
    const int64_t middle = (low + least) / 2;
    (run(within(middle, {EIDA_EVAL, "--version"})).code == 0 ? least : low) = middle;
  }
  for (int more = 1; more <= 3; ++more)
    expect_eval_error(run(within(least + more * kStep, score)), 1, "out of memory");
}

TEST_F(EvalProgram, ManyClassesTakeSecondsAndAreWrittenSparsely) {
  auto config = nlohmann::json::parse(read_file(encoder_ / "config.json"));
  config["num_labels"] = 3000;
  write_file_atomic(encoder_ / "config.json", config.dump());
  const auto data = file("many.tsv", "sentence\tlabel\na\t0\nb\t2999\nc\t17\n");
  const ProgramResult result = run(into_run(evaluate(encoder_, "classification", data)));
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_FALSE(scores().contains("confusion"));
  ASSERT_EQ(scores()["confusion_counts"].size(), 3U);
  EXPECT_EQ(scores()["confusion_counts"][2][0], 2999);
  EXPECT_EQ(scores()["classes"].size(), 3000U);
}

TEST_F(EvalProgram, AClosedOutputIsAnErrorAndLandsInNoFile) {
  std::vector<std::string> closed = {"/bin/sh", "-c", "exec \"$@\" >&-", "sh"};
  const auto arguments = into_run(reviews());
  closed.insert(closed.end(), arguments.begin(), arguments.end());
  EXPECT_EQ(run(closed).code, 3);
  EXPECT_EQ(read_file(run_ / "log.jsonl").find("accuracy  "), std::string::npos);
}

class EvalInterrupted : public EvalProgram, public ::testing::WithParamInterface<int> {};

TEST_P(EvalInterrupted, EndsWithItsCodeAndLeavesTheMark) {
  std::string text = "sentence\tlabel\n";
  for (int i = 0; i < 20'000; ++i)
    text += "a film that is neither short nor very long, number " + std::to_string(i) + "\t1\n";
  const auto many = file("many.tsv", text);
  expect_interrupted(into_run(evaluate(encoder_, "classification", many)), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Signals, EvalInterrupted, ::testing::Values(SIGINT, SIGTERM));

}  // namespace
}  // namespace eida::testing

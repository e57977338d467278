// eida-eval with a model, from the command line to its files.
#include <fmt/format.h>

#include <cmath>
#include <set>

#include "eval_fixture.h"

namespace eida::testing {
namespace {

TEST_F(EvalProgram, ClassifiesAndWritesEveryFileOfTheContract) {
  const ProgramResult result = run(into_run(reviews()));
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* name : {"config.yaml", "manifest.json", "log.jsonl", "scores.json",
                           "predictions.jsonl", "predictions.txt"}) {
    EXPECT_TRUE(std::filesystem::exists(run_ / name)) << name;
  }
  EXPECT_FALSE(std::filesystem::exists(run_ / "INCOMPLETE"));
  const auto found = items();
  ASSERT_EQ(found.size(), 120U);
  int64_t right = 0;
  for (size_t i = 0; i < found.size(); ++i) {
    EXPECT_EQ(found[i]["id"], i);
    const double first = found[i]["logits"][0], second = found[i]["logits"][1];
    EXPECT_EQ(found[i]["prediction"], second > first ? 1 : 0);
    EXPECT_EQ(prediction_lines().at(i), std::to_string(found[i]["prediction"].get<int>()));
    if (found[i]["prediction"] == found[i]["label"]) ++right;
  }
  const auto json = scores();
  EXPECT_DOUBLE_EQ(json["accuracy"], static_cast<double>(right) / 120.0);
  EXPECT_EQ(json["n"], 120);
  EXPECT_EQ(json["confusion"].size(), 2U);
  EXPECT_LE(json["intervals"]["accuracy"][0], json["accuracy"]);
  EXPECT_GE(json["intervals"]["accuracy"][1], json["accuracy"]);
  int64_t counted = 0;
  for (const auto& bucket : json["by_length"]) counted += bucket["n"].get<int64_t>();
  EXPECT_EQ(counted, 120);
}

TEST_F(EvalProgram, WithoutAFolderTheScoresAreOnStdout) {
  const ProgramResult table = run(reviews());
  ASSERT_EQ(table.code, 0) << table.err;
  EXPECT_NE(table.out.find("accuracy"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(run_));
  const ProgramResult json = run(reviews({"--format", "json"}));
  ASSERT_EQ(json.code, 0) << json.err;
  const auto found = nlohmann::json::parse(json.out);
  EXPECT_NE(table.out.find(fmt::format("{:.4f}", found["accuracy"].get<double>())),
            std::string::npos);
}

TEST_F(EvalProgram, ResultsAreInFileOrderWhateverTheLengths) {
  ASSERT_EQ(run(into_run(reviews())).code, 0);
  const auto forward = items();
  std::vector<std::string> lines;
  std::istringstream stream(read_file(reviews_));
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::reverse(lines.begin() + 1, lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  write_file_atomic(reviews_, text);
  ASSERT_EQ(run(into_run(reviews({"--overwrite"}))).code, 0);
  const auto backward = items();
  ASSERT_EQ(backward.size(), forward.size());
  for (size_t i = 0; i < forward.size(); ++i) {
    const auto& other = backward[forward.size() - 1 - i];
    EXPECT_EQ(other["label"], forward[i]["label"]);
    EXPECT_NEAR(other["logits"][0], forward[i]["logits"][0], 1e-5) << i;  // float32, other batches
  }
}

TEST_F(EvalProgram, WithoutLabelsThereArePredictionsOnly) {
  const auto bare = file("bare.tsv", "sentence\na fine film\nawful\n");
  ASSERT_EQ(run(into_run(evaluate(encoder_, "classification", bare))).code, 0);
  EXPECT_EQ(prediction_lines().size(), 2U);
  EXPECT_FALSE(scores().contains("accuracy"));
  EXPECT_FALSE(items()[0].contains("label"));
  const ProgramResult nowhere = run(evaluate(encoder_, "classification", bare));
  EXPECT_EQ(nowhere.code, 2) << nowhere.err;
  EXPECT_NE(nowhere.err.find("--output"), std::string::npos);
}

TEST_F(EvalProgram, LabelsInWordsAreThoseOfTheConfig) {
  auto config = nlohmann::json::parse(read_file(encoder_ / "config.json"));
  config["id2label"] = {{"0", "zebra"}, {"1", "ape"}};
  write_file_atomic(encoder_ / "config.json", config.dump());
  const auto data = file("words.tsv", "sentence\tlabel\nfine\tape\nbad\tzebra\ndull\tzebra\n");
  ASSERT_EQ(run(into_run(evaluate(encoder_, "classification", data))).code, 0);
  const auto found = items();
  EXPECT_EQ(found[0]["label"], 1);
  EXPECT_EQ(found[1]["label"], 0);
  const std::string first = found[0]["prediction"] == 1 ? "ape" : "zebra";
  EXPECT_EQ(prediction_lines()[0], first);
}

TEST_F(EvalProgram, LossesAreWrittenForEveryCompletion) {
  const ProgramResult result = run(into_run(pairs({"--metrics", "loss"})));
  ASSERT_EQ(result.code, 0) << result.err;
  double nll = 0.0;
  int64_t tokens = 0;
  for (const auto& item : items()) {
    nll += item["nll"].get<double>();
    tokens += item["tokens"].get<int64_t>();
  }
  const auto json = scores();
  EXPECT_NEAR(json["loss"], nll / static_cast<double>(tokens), 1e-12);
  EXPECT_NEAR(json["perplexity"], std::exp(json["loss"].get<double>()), 1e-9);
  EXPECT_EQ(json["tokens"], tokens);
  EXPECT_FALSE(std::filesystem::exists(run_ / "predictions.txt"));
}

TEST_F(EvalProgram, GeneratesOneTextForEveryPromptAndScoresIt) {
  const auto data = file("two.txt", "a : b||one text\nc : d||another\na : b||a second text\n");
  const ProgramResult result = run(into_run(evaluate(
      decoder_, "e2e", data,
      {"--beams", "1", "--set", "generation.sample=true", "--set", "generation.temperature=9",
       "--set", "generation.max_new_tokens=5", "--metrics", "bleu,rouge_l"})));
  ASSERT_EQ(result.code, 0) << result.err;
  const auto found = items();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0]["prompt"], "a : b");
  EXPECT_EQ(found[1]["prompt"], "c : d");
  EXPECT_LE(found[0]["tokens"].size(), 5U);
  EXPECT_EQ(scores()["references"], 3);
  EXPECT_TRUE(scores().contains("BLEU"));
  EXPECT_TRUE(scores().contains("ROUGE_L"));
  EXPECT_FALSE(scores().contains("METEOR"));

  const auto references = file("references.txt", "one text\na second text\n\nanother\n");
  const ProgramResult again = sub("score", {"--references", references.string(), "--predictions",
                                            (run_ / "predictions.txt").string(), "--metrics",
                                            "bleu,rouge_l", "--format", "json"});
  ASSERT_EQ(again.code, 0) << again.err;
  const auto rescored = nlohmann::json::parse(again.out);
  EXPECT_DOUBLE_EQ(rescored["BLEU"], scores()["BLEU"]);
  EXPECT_DOUBLE_EQ(rescored["ROUGE_L"], scores()["ROUGE_L"]);
}

TEST_F(EvalProgram, BeamSearchGivesTheSameWhateverTheBatch) {
  const std::vector<std::string> more = {"--beams",   "3",   "--set", "generation.max_new_tokens=4",
                                         "--metrics", "bleu"};
  ASSERT_EQ(run(into_run(pairs(more))).code, 0);
  const std::string first = read_file(run_ / "predictions.txt");
  auto small = more;
  small.insert(small.end(), {"--max-batch-tokens", "700", "--overwrite"});
  ASSERT_EQ(run(into_run(pairs(small))).code, 0);
  EXPECT_EQ(read_file(run_ / "predictions.txt"), first);
}

TEST_F(EvalProgram, ItsConfigRepeatsTheRun) {
  ASSERT_EQ(run(into_run(reviews())).code, 0);
  const std::string first = read_file(run_ / "predictions.jsonl");
  const auto config = file("again.yaml", read_file(run_ / "config.yaml"));
  ASSERT_EQ(run({EIDA_EVAL, "--config", config.string(), "--overwrite"}).code, 0);
  EXPECT_EQ(read_file(run_ / "predictions.jsonl"), first);
}

TEST_F(EvalProgram, DryRunSaysWhatItWouldCostAndWritesNothing) {
  for (const auto& arguments : {reviews(), pairs(), pairs({"--metrics", "loss"})}) {
    auto all = into_run(arguments);
    all.emplace_back("--dry-run");
    const ProgramResult result = run(all);
    EXPECT_EQ(result.code, 0) << result.err;
    for (const char* part : {"RANDOM", "examples", "memory", "time"})
      EXPECT_NE(result.out.find(part), std::string::npos) << result.out;
    EXPECT_FALSE(std::filesystem::exists(run_));
  }
}

}  // namespace
}  // namespace eida::testing

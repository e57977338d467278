// eida-eval score and compare, from the command line.
#include <fmt/format.h>

#include <array>
#include <cstdlib>

#include "eval_fixture.h"

namespace eida::testing {
namespace {

class EvalFiles : public EvalProgram {
 protected:
  void SetUp() override {}  // no models
  std::filesystem::path references_ =
      file("references.txt", "the pub is near\na pub near it\n\nthey went home\n");
  std::filesystem::path predictions_ = file("predictions.txt", "the bar is near\nthey went out\n");

  ProgramResult score(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> all = {"--references", references_.string(), "--predictions",
                                    predictions_.string()};
    all.insert(all.end(), more.begin(), more.end());
    return sub("score", all);
  }
  ProgramResult four(std::vector<std::string> more = {}) const {
    more.insert(more.end(), {"--metrics", "bleu,nist,rouge_l,cider"});
    return score(more);
  }
};

TEST_F(EvalFiles, ScoresAreShownByTheirNamesWithIntervals) {
  const ProgramResult result = four();
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* name : {"BLEU", "NIST", "ROUGE_L", "CIDEr", "95 % interval"})
    EXPECT_NE(result.out.find(name), std::string::npos) << result.out;
  const auto json = nlohmann::json::parse(four({"--format", "json"}).out);
  EXPECT_EQ(json["n"], 2);
  EXPECT_EQ(json["references"], 3);
  EXPECT_LE(json["intervals"]["ROUGE_L"][0], json["ROUGE_L"]);
  EXPECT_NE(result.out.find(fmt::format("{:.4f}", json["ROUGE_L"].get<double>())),
            std::string::npos);
}

TEST_F(EvalFiles, ARunFolderHoldsTheScores) {
  const ProgramResult result = four({"--output", run_.string()});
  ASSERT_EQ(result.code, 0) << result.err;
  for (const char* name : {"config.yaml", "manifest.json", "log.jsonl", "scores.json"})
    EXPECT_TRUE(std::filesystem::exists(run_ / name)) << name;
  EXPECT_TRUE(scores().contains("CIDEr"));
}

TEST_F(EvalFiles, PerItemWritesATableOfEveryItem) {
  const auto table = dir_.path() / "items.tsv";
  ASSERT_EQ(four({"--per-item", table.string()}).code, 0);
  const std::string text = read_file(table);
  EXPECT_EQ(text.substr(0, text.find('\n')), "src\tsys_out\tBLEU\tsentBLEU\tNIST\tROUGE_L\tCIDEr");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

TEST_F(EvalFiles, WithoutMeteorsDataTheOtherFourStand) {
  std::filesystem::create_directories(dir_.path() / "damaged" / "data");
  file("damaged/meteor-1.5.jar", "x");
  file("damaged/data/paraphrase-en.gz", "x");
  ::setenv("EIDA_METEOR_DATA", (dir_.path() / "damaged").c_str(), 1);
  const ProgramResult all = score();
  const ProgramResult alone = score({"--metrics", "meteor"});
  ::unsetenv("EIDA_METEOR_DATA");
  EXPECT_EQ(all.code, 0) << all.err;
  EXPECT_NE(all.out.find("CIDEr"), std::string::npos);
  EXPECT_EQ(all.out.find("METEOR"), std::string::npos);
  EXPECT_NE(all.err.find("EIDA_METEOR_DATA"), std::string::npos) << all.err;
  expect_eval_error(alone, 3, "EIDA_METEOR_DATA");
}

TEST_F(EvalFiles, CountsThatDifferAreADataError) {
  file("predictions.txt", "one\ntwo\nthree\n");
  expect_eval_error(four(), 3, "3");
}

TEST_F(EvalFiles, EmptyPredictionsAreAnErrorAsAFileAndAWarningAsALine) {
  file("predictions.txt", "\nthey went out\n");
  const ProgramResult line = four();
  EXPECT_EQ(line.code, 0) << line.err;
  EXPECT_NE(line.err.find("1 of 2 predictions are empty"), std::string::npos) << line.err;
  file("predictions.txt", "");
  expect_eval_error(four(), 3, "predictions.txt");
}

TEST_F(EvalFiles, TextThatIsNotUtf8NamesItsLine) {
  file("predictions.txt",
       "fine\nb\xff"
       "d\n");
  expect_eval_error(four(), 3, "predictions.txt:2");
}

TEST_F(EvalFiles, AMissingFileIsNamed) {
  expect_eval_error(sub("score", {"--references", "no.txt", "--predictions", "no.txt"}), 3,
                    "no.txt");
}

TEST_F(EvalFiles, AScoreOfModelsIsNoScoreOfFiles) {
  expect_eval_error(score({"--metrics", "loss"}), 2, "loss is no score of generated text");
}

TEST_F(EvalFiles, ComparesTextsAndSaysWhatIsNoise) {
  const auto better = file("better.txt", "the pub is near\nthey went home\n");
  const std::vector<std::string> call = {
      "--references", references_.string(), "--a",       predictions_.string(),
      "--b",          better.string(),      "--metrics", "bleu,rouge_l",
      "--format"};
  auto json_call = call, table_call = call;
  json_call.emplace_back("json");
  table_call.emplace_back("table");
  const ProgramResult result = sub("compare", json_call);
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out)["scores"]["ROUGE_L"];
  EXPECT_NEAR(json["difference"], json["b"].get<double>() - json["a"].get<double>(), 1e-12);
  EXPECT_GT(json["difference"], 0.0);
  EXPECT_EQ(json["within_noise"], true);  // two items
  EXPECT_NE(sub("compare", table_call).out.find("within noise"), std::string::npos);
  EXPECT_EQ(sub("compare", json_call).out, result.out) << "the seed fixes the resampling";
}

TEST_F(EvalFiles, ComparesLabelsWithMcNemarsTest) {
  std::string labels = "sentence\tlabel\n", a, b;
  for (int i = 0; i < 40; ++i) {
    labels += fmt::format("s {}\t{}\n", i, i % 2);
    a += fmt::format("{}\n", i < 20 ? i % 2 : 1 - i % 2);
    b += fmt::format("{{\"id\": {}, \"prediction\": {}}}\n", i, i < 38 ? i % 2 : 1 - i % 2);
  }
  const ProgramResult result =
      sub("compare",
          {"--labels", file("l.tsv", labels).string(), "--a", file("a.txt", a).string(), "--b",
           file("b.jsonl", b).string(), "--format", "json", "--output", run_.string()});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  EXPECT_DOUBLE_EQ(json["scores"]["accuracy"]["a"], 0.5);
  EXPECT_DOUBLE_EQ(json["scores"]["accuracy"]["b"], 0.95);
  EXPECT_EQ(json["scores"]["accuracy"]["within_noise"], false);
  EXPECT_EQ(json["mcnemar"]["only_b_right"], 18);
  EXPECT_NEAR(json["mcnemar"]["p"], 2.0 / (1 << 18), 1e-9);  // binomial: all 18 on one side
  EXPECT_TRUE(std::filesystem::exists(run_ / "comparison.json"));
  // A mistake leaves an earlier run as it was.
  const ProgramResult mistyped =
      sub("compare", {"--labels", "l.tsv", "--a", "a.txt", "--b", "nowhere", "--output",
                      run_.string(), "--overwrite"});
  EXPECT_EQ(mistyped.code, 3) << mistyped.err;
  EXPECT_TRUE(std::filesystem::exists(run_ / "comparison.json"));
}

TEST_F(EvalFiles, FaultsOfLabelFilesAreNamed) {
  const auto compare = [&](const std::string& labels, const std::string& a) {
    return sub("compare", {"--labels", labels, "--a", a, "--b", a});
  };
  const auto labels = file("l.tsv", "sentence\tlabel\nx\t1\ny\t0\n").string();
  expect_eval_error(compare(labels, file("one.txt", "1\n").string()), 3,
                    "1 predictions for 2 labels");
  expect_eval_error(compare(labels, file("words.txt", "good\nbad\n").string()), 3,
                    "names in one file and indices in the other");
  expect_eval_error(compare(labels, file("gap.txt", "1\n\n").string()), 3, "label 2 is empty");
  expect_eval_error(compare(labels, file("p.tsv", "index\tclass\n0\t1\n").string()), 3,
                    "has no column 'prediction'");
  expect_eval_error(compare(labels, file("p.jsonl", "{\"id\": 0}\n").string()), 3, "p.jsonl:1");
  expect_eval_error(sub("compare", {"--a", "x", "--b", "y"}), 2, "not neither");
  expect_eval_error(
      sub("compare", {"--labels", labels, "--a", labels, "--b", labels, "--metrics", "bleu"}), 2,
      "accuracy only");
}

/// Check values: the E2E Challenge's published scores.
struct Published {
  const char *system, *bleu, *nist_perl, *rouge_l, *cider, *meteor;
};
class EvalE2e : public EvalFiles, public ::testing::WithParamInterface<Published> {};

TEST_P(EvalE2e, TheProgramGivesThePublishedScores) {
  EIDA_NEED_DATA(data_dir());
  const Published& wanted = GetParam();
  const auto outputs = data_dir() / "e2e-systems" / (std::string(wanted.system) + ".tsv");
  const ProgramResult result =
      sub("score",
          {"--references", (data_dir() / "e2e" / "testset_w_refs.csv").string(), "--predictions",
           outputs.string(), "--nist", "perl", "--format", "json", "--resamples", "10"});
  ASSERT_EQ(result.code, 0) << result.err;
  const auto json = nlohmann::json::parse(result.out);
  const auto shown = [&](const char* name) {
    return fmt::format("{:.4f}", json[name].get<double>());
  };
  EXPECT_EQ(json["n"], 630);
  EXPECT_EQ(json["references"], 4693);
  EXPECT_EQ(shown("BLEU"), wanted.bleu);
  EXPECT_EQ(shown("NIST"), wanted.nist_perl);
  EXPECT_EQ(shown("ROUGE_L"), wanted.rouge_l);
  EXPECT_EQ(shown("CIDEr"), wanted.cider);
  if (!json.contains("METEOR")) GTEST_SKIP() << result.err;
  EXPECT_EQ(shown("METEOR"), wanted.meteor);
}

INSTANTIATE_TEST_SUITE_P(
    Systems, EvalE2e,
    ::testing::Values(Published{"tgen", "0.6593", "8.6094", "0.6850", "2.2338", "0.4483"},
                      Published{"slug", "0.6619", "8.6130", "0.6772", "2.2615", "0.4454"},
                      Published{"zhang", "0.6545", "8.1840", "0.7083", "2.1012", "0.4392"},
                      Published{"chen", "0.5859", "5.4383", "0.6714", "1.5790", "0.3836"},
                      Published{"forge1", "0.4207", "6.5139", "0.5437", "1.3106", "0.3685"}),
    [](const auto& info) { return std::string(info.param.system); });

}  // namespace
}  // namespace eida::testing

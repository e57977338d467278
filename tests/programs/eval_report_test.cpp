// report.html of eida-eval, and the beams in predictions.jsonl.
#include "eval_fixture.h"
#include "support/file_helpers.h"

namespace eida::testing {
namespace {

class EvalPage : public EvalProgram {
 protected:
  std::string page() const { return testing::page_text(run_ / "report.html"); }
};

TEST_F(EvalPage, OfClassesHasConfusionLengthsAndWhatIsWrong) {
  ASSERT_EQ(run(into_run(reviews())).code, 0);
  const std::string html = page();
  for (const char* part :
       {"Evaluation: classification", "Scores with 95 % intervals", "matthews", "Confusion matrix",
        "The weights are random (random, seed 0)", "Accuracy by length", "How to reproduce"})
    EXPECT_TRUE(holds(html, part)) << part;
  bool wrong = false;
  for (const auto& item : items()) wrong = wrong || item["label"] != item["prediction"];
  EXPECT_EQ(static_cast<bool>(holds(html, "Worst items")), wrong);
}

TEST_F(EvalPage, ShowsThePrecisionThatWasUsed) {
  ASSERT_EQ(run(into_run(reviews({"--set", "run.precision=auto"}))).code, 0);
  const std::string html = page();
  EXPECT_TRUE(holds(html, ">bf16<"));
  EXPECT_FALSE(holds(html, ">auto<"));
}

TEST_F(EvalPage, ShowsTextsAsTheyStand) {
  const auto data = file("hostile.tsv",
                         "sentence\tlabel\n<script>alert(1)</script>\t0\n"
                         "<script>alert(1)</script>\t1\n");  // one of the two is wrong
  ASSERT_EQ(run(into_run(evaluate(encoder_, "classification", data))).code, 0);
  EXPECT_TRUE(holds(page(), "&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_FALSE(holds(page(), "<script>alert"));
}

TEST_F(EvalPage, OfTextsHasWorstItemsAndBeams) {
  const auto data = file("two.txt", "a : b||one text\nc : <b>d||another\na : b||a second text\n");
  ASSERT_EQ(run(into_run(evaluate(decoder_, "e2e", data,
                                  {"--beams", "3", "--set", "generation.max_new_tokens=4",
                                   "--metrics", "bleu,rouge_l"})))
                .code,
            0);
  const std::string html = page();
  for (const char* part : {"Worst items", "ROUGE_L", "one text ‖ a second text", "c : &lt;b&gt;d",
                           "Beam alternatives"})
    EXPECT_TRUE(holds(html, part)) << part;
  for (const auto& item : items()) {
    const auto& others = item.at("alternatives");
    ASSERT_FALSE(others.empty());
    EXPECT_LE(others.size(), 4U);
    EXPECT_LE(others[0].at("score"), item.at("score"));
    EXPECT_TRUE(others[0].at("prediction").is_string());
  }
}

TEST_F(EvalPage, OfLossesHasTheDearestCompletions) {
  ASSERT_EQ(run(into_run(pairs({"--metrics", "loss"}))).code, 0);
  const std::string html = page();
  EXPECT_TRUE(holds(html, "loss of a token"));
  EXPECT_TRUE(holds(html, "perplexity"));
  EXPECT_FALSE(holds(html, "Beam alternatives"));
}

TEST_F(EvalPage, WithoutLabelsHasNoScores) {
  const auto bare = file("bare.tsv", "sentence\na fine film\nawful\n");
  ASSERT_EQ(run(into_run(evaluate(encoder_, "classification", bare))).code, 0);
  EXPECT_TRUE(holds(page(), "nothing to score"));
}

TEST_F(EvalPage, OfPredictionsFromAFileShowsTheirWorst) {
  const auto references = file("references.txt", "the cat sat\n\nall is well\n"),
             predictions = file("predictions.txt", "dogs run\nall is well\n");
  const auto result =
      sub("score", {"--references", references.string(), "--predictions", predictions.string(),
                    "--metrics", "rouge_l", "--output", run_.string()});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::string html = page();
  EXPECT_TRUE(holds(html, "Scores of predictions"));
  EXPECT_LT(html.find("dogs run"), html.find("all is well"));
}

}  // namespace
}  // namespace eida::testing

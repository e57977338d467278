#include "eida/evaluation/evaluate.h"

#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>

#include "eida/data/task.h"
#include "support/test_data.h"
#include "support/tiny_models.h"

namespace eida {
namespace {

TEST(Evaluate, ClassScoresAreThoseOfTheLogits) {
  const at::Tensor logits = at::tensor({2.0F, 0.0F, 0.0F, 1.0F, 3.0F, 0.0F}).reshape({3, 2});
  const Scores scores = scores_of(ClassOutcome{logits, {0, 1, 1}, {0, 1, 0}});
  const auto nll = [](double own, double other) { return std::log1p(std::exp(other - own)); };
  ASSERT_EQ(scores.size(), 4U);
  EXPECT_DOUBLE_EQ(scores[0].second, 2.0 / 3.0);  // accuracy
  EXPECT_DOUBLE_EQ(scores[1].second, 2.0 / 3.0);  // F1 of class 1: 2 · 1 / (2 + 1)
  EXPECT_DOUBLE_EQ(scores[2].second, 0.5);        // Matthews correlation
  EXPECT_NEAR(scores[3].second, (nll(2, 0) + nll(1, 0) + nll(0, 3)) / 3.0, 1e-12);
}

TEST(Evaluate, APerplexityIsThatOfTheMeanOverAllTokens) {
  const testing::TempDir dir;
  const auto model = testing::tiny_model(dir.path(), TaskKind::kCompletion);
  const auto examples = testing::tiny_examples(5, TaskKind::kCompletion);
  const auto found = completion_losses(*model, testing::pointers(examples));
  double nll = 0.0;
  int64_t tokens = 0;
  for (const CompletionLoss& loss : found) {
    nll += loss.nll;
    tokens += loss.tokens;
  }
  const Scores scores = evaluate(*model, testing::pointers(examples), TaskKind::kCompletion);
  EXPECT_DOUBLE_EQ(scores[0].second, nll / static_cast<double>(tokens));
  EXPECT_DOUBLE_EQ(scores[1].second, std::exp(scores[0].second));
}

TEST(Evaluate, NamesItsScoresAsItSays) {
  for (const TaskKind task : {TaskKind::kClassification, TaskKind::kCompletion}) {
    const testing::TempDir dir;
    const auto model = testing::tiny_model(dir.path(), task);
    const auto examples = testing::tiny_examples(4, task);
    std::vector<std::string> names;
    for (const auto& [name, value] : evaluate(*model, testing::pointers(examples), task))
      names.push_back(name);
    std::vector<std::string> wanted;
    const Task entry =
        task == TaskKind::kClassification ? classification_task() : completion_task();
    for (const TaskScore& score : entry.scores) wanted.push_back(score.name);
    EXPECT_EQ(names, wanted);
  }
}

}  // namespace
}  // namespace eida

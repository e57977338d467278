#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "eida/core/json.h"
#include "generation/request.h"
#include "support/test_data.h"

namespace eida {
namespace {

using nlohmann::json;

/// Below this a decision of the search may fall either way by rounding.
constexpr double kCloseMargin = 1e-4;

void expect_output(const Output& output, const json& expected) {
  EXPECT_EQ(output.tokens, expected.at("tokens").get<std::vector<int32_t>>());
  EXPECT_EQ(output.finished, expected.at("finished").get<bool>());
  const double score = expected.at("score");
  // float32: a sum of at most 24 log-probabilities of size 10, each good to 1e-6.
  EXPECT_NEAR(output.score, score, 1e-5 * std::max(1.0, std::abs(score)));
}

struct Count {
  int compared = 0, close = 0;
};

void compare(const Generated& generated, const json& expected, Count& count) {
  if (expected.at("margin").get<double>() < kCloseMargin) {
    ++count.close;
    return;
  }
  ++count.compared;
  const json& outputs = expected.at("outputs");
  expect_output(generated, outputs.at(0));
  ASSERT_EQ(generated.alternatives.size() + 1, outputs.size());
  for (size_t i = 1; i < outputs.size(); ++i)
    expect_output(generated.alternatives[i - 1], outputs.at(i));
}

class GoldenGeneration : public ::testing::TestWithParam<std::string> {};

TEST_P(GoldenGeneration, TokensAndScoresAreTransformers) {
  const auto dir = testing::golden_dir() / "generation" / GetParam();
  const auto model = load_pretrained(dir, TaskKind::kCompletion);
  Count count;
  for (const json& test : read_json(dir / "cases.json")) {
    SCOPED_TRACE(test.at("options").dump());
    const auto prompts = test.at("prompts").get<std::vector<std::vector<int32_t>>>();
    const auto generated = generate(*model, prompts, testing::generate_options(test.at("options")));
    for (size_t i = 0; i < prompts.size(); ++i) {
      SCOPED_TRACE("prompt " + std::to_string(i));
      compare(generated[i], test.at("expected").at(i), count);
    }
  }
  RecordProperty("compared", count.compared);
  std::cout << count.compared << " prompts compared, " << count.close
            << " left out: a margin below " << kCloseMargin << '\n';
  EXPECT_GE(count.compared, 40);
  EXPECT_LE(count.close * 10, count.compared);
}

INSTANTIATE_TEST_SUITE_P(Models, GoldenGeneration,
                         ::testing::Values("plain", "deep", "wide", "llama", "mistral", "qwen2",
                                           "qwen3", "gemma3"));

}  // namespace
}  // namespace eida

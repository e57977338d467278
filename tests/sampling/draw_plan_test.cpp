#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "eida/core/error.h"
#include "eida/sampling/sampler.h"

namespace eida {
namespace {

TokenExample sentence(size_t length) {
  TokenExample example;
  example.ids.assign(length, 5);
  example.label = 0;
  return example;
}

TokenExample completion(size_t context, size_t target) {
  TokenExample example;
  example.ids.assign(context + target, 5);
  example.context_length = static_cast<int64_t>(context);
  return example;
}

std::vector<const TokenExample*> pointers(const std::vector<TokenExample>& examples) {
  std::vector<const TokenExample*> out;
  for (const auto& example : examples) out.push_back(&example);
  return out;
}

DrawOptions completion_options(TokenWeighting weighting, double rate) {
  DrawOptions options;
  options.task = TaskKind::kCompletion;
  options.batch_size = 2;
  options.token_rate = rate;
  options.weighting = weighting;
  return options;
}

TEST(DrawPlan, ClassificationDrawsDistinctTokensOfEverySentence) {
  const std::vector<TokenExample> examples = {sentence(2), sentence(9), sentence(30)};
  const auto draws = draw_tokens(pointers(examples), 3, true, {});
  ASSERT_EQ(draws.size(), 3u);
  for (const auto& space : draws) {
    std::map<int64_t, std::set<int64_t>> tokens;
    for (const auto& draw : space) {
      tokens[draw.example].insert(draw.token);
      EXPECT_LT(draw.token,
                static_cast<int64_t>(examples[static_cast<size_t>(draw.example)].ids.size()));
    }
    ASSERT_EQ(tokens.size(), 3u);
    for (const auto& [example, set] : tokens) EXPECT_EQ(set.size(), 2u);
  }
}

TEST(DrawPlan, SpacesAreDrawnIndependently) {
  const std::vector<TokenExample> examples(20, sentence(40));
  const auto draws = draw_tokens(pointers(examples), 2, false, {});
  size_t equal = 0;
  for (size_t i = 0; i < draws[0].size(); ++i)
    equal += draws[0][i].token == draws[1][i].token ? 1 : 0;
  EXPECT_LT(equal, 10u);  // of 40, expected 1
}

TEST(DrawPlan, PartsOfAListAreDrawnAsTheWhole) {
  std::vector<TokenExample> examples;
  for (size_t i = 0; i < 10; ++i) examples.push_back(completion(3 + i % 4, 6 + i));
  for (const auto weighting : {TokenWeighting::kPrefixCount, TokenWeighting::kPrefixCountBatch,
                               TokenWeighting::kUniform}) {
    const DrawOptions options = completion_options(weighting, 0.2);
    const auto all = pointers(examples);
    const auto whole = draw_tokens(all, 3, false, options);
    std::vector<SpaceDraws> joined(3);
    for (size_t begin = 0; begin < all.size(); begin += 4) {
      const size_t end = std::min(all.size(), begin + 4);
      const auto part = draw_tokens(
          {all.begin() + static_cast<long>(begin), all.begin() + static_cast<long>(end)}, 3, false,
          options, static_cast<int64_t>(begin));
      for (size_t space = 0; space < 3; ++space)
        joined[space].insert(joined[space].end(), part[space].begin(), part[space].end());
    }
    const auto counts = count_draws(all, 3, false, options);
    for (size_t space = 0; space < 3; ++space) {
      ASSERT_EQ(joined[space].size(), whole[space].size());
      EXPECT_EQ(counts[space], static_cast<int64_t>(whole[space].size()));
      for (size_t i = 0; i < whole[space].size(); ++i) {
        EXPECT_EQ(joined[space][i].example, whole[space][i].example);
        EXPECT_EQ(joined[space][i].token, whole[space][i].token);
      }
    }
  }
}

TEST(DrawPlan, HeadTakesTheFirstTokenWhenAsked) {
  const std::vector<TokenExample> examples(4, sentence(40));
  DrawOptions options;
  options.head_first_token = true;
  const auto draws = draw_tokens(pointers(examples), 3, true, options);
  EXPECT_EQ(draws[0].size(), 8u);
  ASSERT_EQ(draws[2].size(), 4u);
  for (const auto& draw : draws[2]) EXPECT_EQ(draw.token, 0);
}

TEST(DrawPlan, MoreTokensThanASentenceHasIsAnError) {
  const std::vector<TokenExample> examples = {sentence(9), sentence(1)};
  try {
    draw_tokens(pointers(examples), 1, false, {});
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("example 1 has only 1"), std::string::npos)
        << error.what();
  }
}

TEST(DrawPlan, PrefixCountsAreLabelledPositionsAfterTheToken) {
  // context 3, labelled positions 3, 4, 5
  EXPECT_EQ(prefix_counts(6, 3), (std::vector<int64_t>{3, 3, 3, 2, 1, 0}));
}

/// Mean number of draws of every token over many repeats.
std::vector<std::vector<double>> mean_draws(const std::vector<TokenExample>& examples,
                                            DrawOptions options, int repeats) {
  std::vector<std::vector<double>> mean;
  for (const auto& example : examples) mean.emplace_back(example.ids.size(), 0.0);
  for (int r = 0; r < repeats; ++r) {
    options.repeat = static_cast<uint64_t>(r);
    const auto draws = draw_tokens(pointers(examples), 1, false, options);
    for (const auto& draw : draws[0]) {
      mean[static_cast<size_t>(draw.example)][static_cast<size_t>(draw.token)] += 1.0 / repeats;
    }
  }
  return mean;
}

TEST(DrawPlan, PrefixCountHasTheDistributionOfThePrefixLoop) {
  // The loop keeps token j with probability p once for every labelled position i > j.
  const std::vector<TokenExample> examples = {completion(4, 6), completion(3, 2)};
  const double p = 0.1;
  const int repeats = 20000;
  const auto mean =
      mean_draws(examples, completion_options(TokenWeighting::kPrefixCount, p), repeats);
  for (size_t e = 0; e < examples.size(); ++e) {
    const auto counts =
        prefix_counts(static_cast<int64_t>(examples[e].ids.size()), examples[e].context_length);
    for (size_t j = 0; j < counts.size(); ++j) {
      const double expected = static_cast<double>(counts[j]) * p;
      EXPECT_NEAR(mean[e][j], expected, 5 * std::sqrt(expected * (1 - p) / repeats) + 1e-12);
    }
  }
}

TEST(DrawPlan, PrefixCountBatchCountsTheUnionOfTheBatch) {
  const std::vector<TokenExample> examples = {completion(4, 6),
                                              completion(3, 2)};  // labelled 4..9 and 3..4
  const double p = 0.1;
  const int repeats = 20000;
  const auto mean =
      mean_draws(examples, completion_options(TokenWeighting::kPrefixCountBatch, p), repeats);
  const std::vector<double> second = {7, 7, 7, 6, 5};  // of the union 3..9
  for (size_t j = 0; j < second.size(); ++j) {
    EXPECT_NEAR(mean[1][j], second[j] * p, 5 * std::sqrt(second[j] * p * (1 - p) / repeats));
  }
  EXPECT_NEAR(mean[0][0], 7 * p, 5 * std::sqrt(7 * p * (1 - p) / repeats));
}

TEST(DrawPlan, UniformExpectsAsManyDrawsButEvenly) {
  const std::vector<TokenExample> examples = {completion(4, 6)};  // sum of counts: 4*6 + 15 = 39
  const double p = 0.1;
  const int repeats = 20000;
  const auto mean = mean_draws(examples, completion_options(TokenWeighting::kUniform, p), repeats);
  for (const double value : mean[0]) EXPECT_NEAR(value, 3.9 / 10, 5 * std::sqrt(0.39 / repeats));
}

TEST(DrawPlan, ADrawDependsOnItsExampleAlone) {
  std::vector<TokenExample> examples(6, sentence(30));
  const auto before = draw_tokens(pointers(examples), 4, false, {});
  examples[0] = sentence(7);
  const auto after = draw_tokens(pointers(examples), 4, false, {});
  for (size_t s = 0; s < 4; ++s) {
    for (size_t i = 2; i < before[s].size(); ++i) EXPECT_EQ(before[s][i].token, after[s][i].token);
  }
}

}  // namespace
}  // namespace eida

#include "eida/metrics/rouge_cider.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/core/signals.h"

namespace eida {
namespace {

TEST(RougeL, TakesBestPrecisionAndBestRecallApart) {
  // Against "a b": precision 2/3, recall 1. Against "a x c y z w": common a, c: 2/3, 1/3.
  const auto scores = rouge_l_items({{"a b", "a x c y z w"}}, {"a b c"});
  const double p = 2.0 / 3.0, r = 1.0;
  EXPECT_NEAR(scores[0], 2.44 * p * r / (r + 1.44 * p), 1e-12);
}

TEST(RougeL, EmptyTextsAreOneEmptyWord) {
  EXPECT_EQ(rouge_l_items({{"a"}, {""}}, {"", ""}), (std::vector<double>{0.0, 1.0}));
}

TEST(RougeL, FollowsOrder) {
  EXPECT_NEAR(rouge_l_items({{"a b c d"}}, {"d c b a"})[0], 0.25, 1e-12);
}

TEST(Cider, OfOneItemIsZero) { EXPECT_EQ(cider_items({{"a b c d"}}, {"a b c d"})[0], 0.0); }

TEST(Cider, OfTheReferenceItselfIsTen) {
  const References references{{"a b c d e"}, {"v w x y z"}};
  EXPECT_NEAR(cider_items(references, {"a b c d e", "v w x y z"})[0], 10.0, 1e-12);
}

// Two items, so each n-gram seen in one has weight log 2. Output "a b" against "a c": unigram part
// is 1 of norms sqrt(2) each, equal lengths: 10 · 1/4 · 1/2.
TEST(Cider, ClipsCountsAndDividesByNorms) {
  EXPECT_NEAR(cider_items({{"a c"}, {"x"}}, {"a b", "x"})[0], 1.25, 1e-12);
}

// "a a a" against "a": dot min(3, 1) · 1, norms 3 and 1, two bigrams apart.
TEST(Cider, PunishesRepetitionAndLength) {
  EXPECT_NEAR(cider_items({{"a"}, {"x"}}, {"a a a", "x"})[0],
              10.0 / 4.0 / 3.0 * std::exp(-4.0 / 72.0), 1e-12);
}

TEST(Cider, HardSpacesSeparateWords) {
  const auto scores = cider_items({{"3 1/2"}, {"x"}}, {"3\u00A01/2", "x"});
  EXPECT_NEAR(scores[0], 5.0, 1e-12);  // unigrams and bigram whole, no longer n-grams
}

/// By the table that defines it.
double common_words(const std::vector<int>& a, const std::vector<int>& b) {
  std::vector<std::vector<int>> table(a.size() + 1, std::vector<int>(b.size() + 1, 0));
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j)
      table[i + 1][j + 1] =
          a[i] == b[j] ? table[i][j] + 1 : std::max(table[i][j + 1], table[i + 1][j]);
  }
  return table.back().back();
}

TEST(RougeL, IsThatOfTheTableOverManyWordsAndFew) {
  Rng rng(3, "rouge");
  for (int round = 0; round < 200; ++round) {
    const size_t kinds = 1 + rng.below(round % 2 == 0 ? 4 : 400);
    std::vector<std::vector<int>> words(2);
    std::vector<std::string> texts(2);
    for (size_t side = 0; side < 2; ++side) {
      for (size_t left = 1 + rng.below(300); left > 0; --left) {
        words[side].push_back(static_cast<int>(rng.below(kinds)));
        texts[side] += (texts[side].empty() ? "w" : " w") + std::to_string(words[side].back());
      }
    }
    const double common = common_words(words[0], words[1]), p = common / words[0].size(),
                 r = common / words[1].size();
    const double wanted = common == 0 ? 0.0 : (1.0 + 1.44) * p * r / (r + 1.44 * p);
    EXPECT_DOUBLE_EQ(rouge_l_items({{texts[1]}}, {texts[0]})[0], wanted);
  }
}

TEST(RougeL, LongTextsAreAMatterOfSeconds) {
  std::string text, other;
  for (int i = 0; i < 100'000; ++i) {
    text += "w" + std::to_string(i % 7919) + " ";
    other += "w" + std::to_string(i % 7907) + " ";
  }
  EXPECT_GT(rouge_l_items({{other}}, {text})[0], 0.5);
}

TEST(RougeL, ASignalEndsIt) {
  clear_interrupted();
  install_signal_handlers();
  std::raise(SIGINT);
  EXPECT_THROW(rouge_l_items({{"a b"}}, {"a b"}), Interrupted);
  clear_interrupted();
}

}  // namespace
}  // namespace eida

#include "eida/metrics/rouge_cider.h"

#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace eida

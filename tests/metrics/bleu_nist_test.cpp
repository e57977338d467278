#include "eida/metrics/bleu_nist.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <cmath>

namespace eida {
namespace {

using Tokens = std::vector<std::string>;
constexpr auto kPy = MtevalConvention::kPymteval;
constexpr auto kPerl = MtevalConvention::kPerl;

TEST(MtevalTokens, SplitsAsTheSpecificationShows) {
  EXPECT_EQ(mteval_tokens("family-friendly Aromi's isn't", kPy),
            (Tokens{"family-friendly", "aromi's", "isn't"}));
  EXPECT_EQ(mteval_tokens("£20-25 £20-£25", kPy), (Tokens{"£20", "-", "25", "£20", "-", "£25"}));
  EXPECT_EQ(mteval_tokens("3.5 1,000 pub. area.It place/pub", kPy),
            (Tokens{"3.5", "1,000", "pub", ".", "area", ".", "it", "place", "/", "pub"}));
  EXPECT_EQ(mteval_tokens("a.. b &quot;c&amp;", kPy), (Tokens{"a", ".", ".", "b", "\"", "c", "&"}));
  EXPECT_EQ(mteval_tokens("a-\nb<skipped> c\nd", kPy), (Tokens{"ab", "c", "d"}));
}

TEST(MtevalTokens, ConventionsDifferInCaseAndEmptyText) {
  EXPECT_EQ(mteval_tokens("CAFÉ", kPy), (Tokens{"café"}));
  EXPECT_EQ(mteval_tokens("CAFÉ", kPerl), (Tokens{"cafÉ"}));
  EXPECT_EQ(mteval_tokens(" ", kPy), (Tokens{""}));
  EXPECT_EQ(mteval_tokens(" ", kPerl), (Tokens{}));
}

TEST(Bleu, OfTheReferenceItselfIsOne) {
  const auto scores = mteval_scores({{"a b c d e", "x"}}, {"a b c d e"}, kPy);
  EXPECT_DOUBLE_EQ(scores.bleu.corpus_score(), 1.0);
}

// By hand: hits 4 2 1 0 of 5 4 3 2; the closer reference has 5 words.
TEST(Bleu, ClipsAndTakesTheClosestReference) {
  const References references{{"the cat is on it", "a b c d e f g h i j"}};
  const auto scores = mteval_scores(references, {"the the cat is it"}, kPerl);
  const auto row = scores.bleu.row(0);
  EXPECT_EQ((std::vector<double>(row.begin(), row.end())),
            (std::vector<double>{4, 2, 1, 0, 5, 4, 3, 2, 5}));
  const double wanted = std::pow(4.0 / 5 * 2 / 4 * 1 / 3 * 1 / (2 * 2), 0.25);
  EXPECT_NEAR(scores.bleu.corpus_score(), wanted, 1e-12);
}

TEST(Bleu, ShortOutputsCountBelowZeroInPymtevalOnly) {
  const References references{{"a b"}};
  EXPECT_EQ(mteval_scores(references, {"a"}, kPy).bleu.row(0)[7], -2.0);
  EXPECT_EQ(mteval_scores(references, {"a"}, kPerl).bleu.row(0)[7], 0.0);
}

TEST(Bleu, OfAnEmptyOutputIsZero) {
  const References references{{"a b c d"}};
  EXPECT_EQ(mteval_scores(references, {""}, kPerl).bleu.corpus_score(), 0.0);
  EXPECT_NEAR(mteval_scores(references, {""}, kPy).bleu.corpus_score(), 0.0, 1e-9);
}

// One reference of four different words: each unigram hit has log2(4 / 1) bits, longer ones none.
TEST(Nist, WeighsHitsByInformation) {
  const References references{{"a b c d"}};
  EXPECT_NEAR(mteval_scores(references, {"a b c d"}, kPy).nist.corpus_score(), 2.0, 1e-12);
  EXPECT_NEAR(mteval_scores(references, {"a x c y"}, kPy).nist.corpus_score(), 1.0, 1e-12);
}

// Output of 2 words against references of 3: ratio 2/3 halves the score.
TEST(Nist, HalvesAtTwoThirdsOfTheLength) {
  const auto scores = mteval_scores({{"a b c"}}, {"a b"}, kPy);
  EXPECT_NEAR(scores.nist.corpus_score(), std::log2(3.0) / 2.0, 1e-12);
}

// Mean length per item (1 + 4) / 2 items and mean over references 1+1+1+4 differ.
TEST(Nist, ConventionsDifferInReferenceLength) {
  const References references{{"a", "a", "a"}, {"b c d e"}};
  const std::vector<std::string> predictions{"a", "b c"};
  const auto py = mteval_scores(references, predictions, kPy).nist;
  const auto perl = mteval_scores(references, predictions, kPerl).nist;
  EXPECT_EQ(py.row(0)[11] + py.row(1)[11], 5.0);
  EXPECT_LT(py.corpus_score(), perl.corpus_score());
}

TEST(MtevalItems, EachItemIsItsOwnCorpus) {
  const References references{{"a b c d"}, {"a b c e"}};
  const std::vector<std::string> predictions{"a b c d", "a b c d"};
  const MtevalItems items = mteval_scores(references, predictions, kPy, true).items;
  EXPECT_NEAR(items.nist[0], 2.0, 1e-12);
  EXPECT_NEAR(items.bleu[0], 1.0, 1e-12);
  EXPECT_GT(items.sentence_bleu[1], items.bleu[1]);
  EXPECT_EQ(mteval_scores(references, predictions, kPerl, true).items.nist, items.nist);
}

RC_GTEST_PROP(Bleu, LiesBetweenZeroAndOne, ()) {
  const auto text = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab .")));
  const auto prediction = *text;
  const auto references = *rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(text));
  for (const auto convention : {kPy, kPerl}) {
    const auto scores = mteval_scores({references}, {prediction}, convention);
    const double bleu = scores.bleu.corpus_score();
    RC_ASSERT(bleu >= 0.0);
    RC_ASSERT(bleu <= 1.0 + 1e-12);
    RC_ASSERT(std::isfinite(scores.nist.corpus_score()));
  }
}

}  // namespace
}  // namespace eida

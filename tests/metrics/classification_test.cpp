#include "eida/metrics/classification.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "eida/core/error.h"

namespace eida {
namespace {

using Labels = std::vector<int64_t>;

// 3 true positives, 1 false positive, 2 false negatives, 4 true negatives.
const Labels kGold{1, 1, 1, 0, 1, 1, 0, 0, 0, 0};
const Labels kPredicted{1, 1, 1, 1, 0, 0, 0, 0, 0, 0};

TEST(ConfusionMatrix, CountsPairs) {
  const ConfusionMatrix matrix(kGold, kPredicted, 2);
  EXPECT_EQ(matrix.at(1, 1), 3);
  EXPECT_EQ(matrix.at(0, 1), 1);
  EXPECT_EQ(matrix.at(1, 0), 2);
  EXPECT_EQ(matrix.at(0, 0), 4);
  EXPECT_EQ(matrix.correct(), 7);
}

TEST(ConfusionMatrix, NamesAClassOutsideItsRange) {
  try {
    const ConfusionMatrix matrix(Labels{0, 1}, Labels{0, 2}, 2);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_STREQ(error.what(), "item 2: class 2 is outside 0..1");
  }
  EXPECT_THROW(ConfusionMatrix(Labels{0}, Labels{}, 2), DataError);
}

TEST(F1Score, OfTwoClassesIsThatOfClassOne) {
  EXPECT_NEAR(f1_score(ConfusionMatrix(kGold, kPredicted, 2)), 6.0 / 9.0, 1e-12);
}

TEST(F1Score, OfMoreClassesIsTheMean) {
  const ConfusionMatrix matrix(Labels{0, 1, 2, 2}, Labels{0, 2, 2, 2}, 3);
  EXPECT_NEAR(f1_score(matrix), (1.0 + 0.0 + 0.8) / 3.0, 1e-12);
}

TEST(F1Score, LeavesOutClassesThatNeverOccur) {
  const Labels gold{1, 2, 1, 2, 2, 2}, predicted{3, 2, 1, 2, 2, 2};
  EXPECT_NEAR(f1_score(ConfusionMatrix(gold, predicted, 4)), (2.0 / 3.0 + 1.0 + 0.0) / 3.0, 1e-12);
  EXPECT_EQ(f1_score(ConfusionMatrix(Labels{2, 2}, Labels{2, 2}, 5)), 1.0);
  // In each resample it is the mean over the classes drawn: here they are all right.
  const Labels right{0, 2, 2, 2};
  EXPECT_EQ(score_classification(right, right, 4).f1_bootstrap.low, 1.0);
}

TEST(MatthewsCorrelation, HitsTheTwoClassFormula) {
  const double wanted = (3.0 * 4 - 1 * 2) / std::sqrt(4.0 * 5 * 5 * 6);
  EXPECT_NEAR(matthews_correlation(ConfusionMatrix(kGold, kPredicted, 2)), wanted, 1e-12);
}

TEST(MatthewsCorrelation, OfAConstantSideIsZero) {
  EXPECT_EQ(matthews_correlation(ConfusionMatrix(Labels{0, 1}, Labels{1, 1}, 2)), 0.0);
}

TEST(ScoreClassification, GathersScoresAndIntervals) {
  const auto scores =
      score_classification(kGold, kPredicted, 2, Labels{1, 2, 3, 4, 5, 6, 7, 8, 9, 10});
  EXPECT_DOUBLE_EQ(scores.accuracy, 0.7);
  EXPECT_LT(scores.accuracy_wilson.low, 0.7);
  EXPECT_GT(scores.accuracy_bootstrap.high, 0.7);
  EXPECT_LT(scores.f1_bootstrap.low, scores.f1);
  EXPECT_GT(scores.matthews_bootstrap.high, scores.matthews);
  EXPECT_EQ(scores.by_length.size(), 5u);
}

TEST(ScoreClassification, RefusesOtherLengths) {
  EXPECT_THROW(score_classification(kGold, kPredicted, 2, Labels{1, 2}), DataError);
}

TEST(ScoreClassification, KeepsItemsOfEqualLengthTogether) {
  const auto buckets = score_classification(Labels{0, 0, 0, 0, 0, 0}, Labels{0, 1, 0, 0, 1, 0}, 2,
                                            Labels{5, 5, 5, 5, 9, 7})
                           .by_length;
  ASSERT_EQ(buckets.size(), 2u);
  EXPECT_EQ(buckets[0].first, 5);
  EXPECT_EQ(buckets[0].last, 5);
  EXPECT_DOUBLE_EQ(buckets[0].accuracy(), 0.75);
  EXPECT_EQ(buckets[1].first, 7);
  EXPECT_EQ(buckets[1].last, 9);
  EXPECT_EQ(buckets[1].items, 2);
}

TEST(ScoreClassification, CostsWhatItsItemsDoWhateverTheClasses) {
  const int64_t classes = int64_t{1} << 40;
  const Labels gold{0, 7, classes - 1, 7}, predicted{0, 7, 7, 3};
  const auto scores = score_classification(gold, predicted, classes);
  EXPECT_EQ(scores.confusion.at(classes - 1, 7), 1);
  EXPECT_EQ(scores.confusion.at(7, classes - 1), 0);
  EXPECT_EQ(scores.confusion.cells().size(), 4U);
  const auto few = score_classification(Labels{0, 2, 3, 2}, Labels{0, 2, 2, 1}, 4);
  EXPECT_EQ(scores.f1, few.f1);
  EXPECT_EQ(scores.f1_bootstrap.low, few.f1_bootstrap.low);
  EXPECT_EQ(scores.matthews_bootstrap.high, few.matthews_bootstrap.high);
}

TEST(PredictedClass, TakesTheFirstOfEqualLogits) {
  EXPECT_EQ(predicted_class(std::vector<float>{0.5F, 1.0F, 1.0F}), 1);
}

TEST(PredictedClass, RefusesWhatIsNotFinite) {
  EXPECT_THROW(predicted_class(std::vector<float>{0.0F, std::numeric_limits<float>::quiet_NaN()}),
               NumericError);
}

}  // namespace
}  // namespace eida

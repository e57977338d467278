#include <cmath>

#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "meteor_fixture.h"
#include "support/file_helpers.h"

namespace eida {
namespace {

using testing::MeteorTest;

/// Counts of one pair. Order: lengths, function words, four counts a module, chunks, matched words.
std::vector<double> counts(const MeteorData& data, const std::string& reference,
                           const std::string& prediction, bool paraphrases = true) {
  const auto statistics = meteor_statistics({{reference}}, {prediction}, data, paraphrases);
  return statistics.values;
}

TEST_F(MeteorTest, EqualTextsScoreOne) {
  const auto statistics =
      meteor_statistics({{"the pub is big"}}, {"the pub is big"}, *data(), true);
  EXPECT_DOUBLE_EQ(statistics.corpus_score(), 1.0);
  EXPECT_EQ(statistics.row(0)[20], 0.0);  // the chunk of a whole match is not counted
}

TEST_F(MeteorTest, StemsCountForContentWords) {
  EXPECT_EQ(
      counts(*data(), "the pubs", "the pub"),
      (std::vector<double>{2, 2, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2}));
}

TEST_F(MeteorTest, SynonymsShareASynset) {
  const auto row = counts(*data(), "large house", "big house");
  EXPECT_EQ(row[12], 1.0);
  EXPECT_EQ(row[13], 1.0);
}

TEST_F(MeteorTest, IrregularFormsHaveTheSynsetsOfTheirBase) {
  EXPECT_EQ(counts(*data(), "he walked", "he went")[12], 1.0);
}

TEST_F(MeteorTest, ParaphrasesMatchPhrasesBothWays) {
  const auto there = counts(*data(), "near it", "close to it");
  EXPECT_EQ(there[16], 2.0);
  EXPECT_EQ(there[17], 1.0);
  const auto back = counts(*data(), "close to it", "near it");
  EXPECT_EQ(back[16], 1.0);
  EXPECT_EQ(back[17], 2.0);
}

TEST_F(MeteorTest, ParaphrasesCanBeLeftOut) {
  EXPECT_EQ(counts(*data(), "near it", "close to it", false)[16], 0.0);
}

// By hand: two words of three on both sides, all content, two chunks of one word each.
TEST_F(MeteorTest, ScoreFollowsTheFormula) {
  const auto statistics = meteor_statistics({{"x y z"}}, {"z q x"}, *data(), true);
  const double share = 2.0 / 3.0;
  EXPECT_NEAR(statistics.corpus_score(), share * (1.0 - 0.6 * std::pow(2.0 / 2.0, 0.2)), 1e-12);
}

TEST_F(MeteorTest, NormaliserSplitsHyphensAndClitics) {
  // "family - friendly" and "aromi ' s": words of the pair are equal after normalisation.
  const auto row = counts(*data(), "family friendly aromi ' s", "family-friendly aromi 's");
  EXPECT_EQ(row[0], 5.0);
  EXPECT_EQ(row[21], 5.0);
}

TEST_F(MeteorTest, BestReferenceIsKept) {
  const auto statistics = meteor_statistics({{"x", "a b", "a b c"}}, {"a b c"}, *data(), true);
  EXPECT_EQ(statistics.row(0)[1], 3.0);
}

TEST_F(MeteorTest, EmptyTextsScoreZero) {
  const auto statistics = meteor_statistics({{"a b"}, {""}, {""}}, {"", "a", ""}, *data(), true);
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(statistics.item_score(i), 0.0);
  EXPECT_EQ(statistics.corpus_score(), 0.0);
}

TEST_F(MeteorTest, ManyWordsAlign) {
  std::string long_text;
  for (int i = 0; i < 300; ++i) long_text += "w" + std::to_string(i % 150) + " ";
  EXPECT_DOUBLE_EQ(meteor_statistics({{long_text}}, {long_text}, *data(), true).corpus_score(),
                   1.0);
}

TEST_F(MeteorTest, AWordThatRepeatsTakesLittleMemory) {
  std::string text, other;
  for (int i = 0; i < 1200; ++i) (i < 1190 ? text : other) += "pub ";
  const double before = peak_memory_mib();
  const auto row = counts(*data(), text + other, text);
  EXPECT_EQ(row[21], 1190.0);
  EXPECT_LT(peak_memory_mib() - before, 600.0);
}

TEST_F(MeteorTest, AWordWithoutEndIsRefused) {
  std::string text;
  for (int i = 0; i < 20'000; ++i) text += "pub ";
  const std::string said = testing::message_of<DataError>([&] {
    meteor_statistics({{"a"}, {text}}, {"a", text + "big"}, *data(), true);
  });
  EXPECT_TRUE(testing::holds(said, "METEOR: item 2: texts of 20001 and 20000 words match in more"));
}

}  // namespace
}  // namespace eida

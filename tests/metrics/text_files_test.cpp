#include "eida/metrics/text_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "eida/core/error.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

using testing::holds;
using testing::message_of;
using Texts = std::vector<std::string>;

class TextFilesTest : public ::testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& content) {
    auto path = dir_.path() / name;
    std::ofstream(path, std::ios::binary) << content;
    return path;
  }
  Predictions predictions(const std::string& name, const std::string& content) {
    return read_predictions(write(name, content));
  }
  References references(const std::string& name, const std::string& content,
                        const Predictions& given) {
    return read_references(write(name, content), given);
  }
  static Predictions of(Texts texts, Texts sources = {}) {
    return {std::move(texts), std::move(sources)};
  }
  testing::TempDir dir_;
};

TEST_F(TextFilesTest, PlainPredictionsAreLinesAndEmptyOnesCount) {
  EXPECT_EQ(predictions("p.txt", "a b \r\n\n c\n").texts, (Texts{"a b", "", "c"}));
  EXPECT_EQ(predictions("p.txt", "a\u2028b\x1Cz\n").texts, (Texts{"a", "b", "z"}));
}

TEST_F(TextFilesTest, JsonLinesEndAtLineFeedsAlone) {
  EXPECT_EQ(
      predictions("p.jsonl", "{\"prediction\": \"a\u2028b\"}\n{\"prediction\": \"c\"}\n").texts,
      (Texts{"a\u2028b", "c"}));
}

TEST_F(TextFilesTest, PlainReferencesAreGroupsWithAnEmptyLineBehind) {
  EXPECT_EQ(references("r.txt", "a\nb\n\nc\n\n", of({"x", "y"})), (References{{"a", "b"}, {"c"}}));
  EXPECT_EQ(references("r.txt", "a\nb\n", of({"x", "y"})), (References{{"a"}, {"b"}}));
}

TEST_F(TextFilesTest, TwoEmptyLinesMakeAnItemWithoutReference) {
  EXPECT_TRUE(holds(message_of<DataError>([&] {
                      references("r.txt", "a\n\n\nb\n", of({"x", "y", "z"}));
                    }),
                    "r.txt: item 2 has no reference"));
}

TEST_F(TextFilesTest, TablesAreTakenBySource) {
  const auto given = predictions("p.tsv", "MR\toutput\n\"n[A], b\"\tsays \"hi\"\nm2\t£Ã©\n");
  EXPECT_EQ(given.texts, (Texts{"says \"hi\"", "£é"}));
  EXPECT_EQ(given.sources, (Texts{"n[A], b", "m2"}));
  EXPECT_EQ(
      references("r.csv", "\xEF\xBB\xBFmr,ref\nm2,x\n\"n[A], b\",\"y \"\"q\"\"\"\nm2,z\n", given),
      (References{{"y \"q\""}, {"x", "z"}}));
  EXPECT_TRUE(holds(message_of<DataError>([&] { references("r.csv", "mr,ref\nm2,x\n", given); }),
                    "has no reference for the source of prediction 1: 'n[A], b'"));
}

// Texts as Python's csv.reader gives them for the stripped lines.
TEST_F(TextFilesTest, QuotesAreReadAsPythonReadsThem) {
  EXPECT_EQ(predictions("p.tsv",
                        "MR\toutput\nm0\t\"Aromi\" is \"cheap\".\nm1\tThe \"Punter\"\n"
                        "m2\t\"a\"\"b\" c\"\nm3\t\"\"\nm4\t\"\"\"q\"\"\"\n")
                .texts,
            (Texts{"Aromi is \"cheap\".", "The \"Punter\"", "a\"b c\"", "", "\"q\""}));
  const auto given = predictions(
      "p.csv", "mr,output\n\n\"m\n0\",\"a cheap \n\n  shop, \"\"here\n\"\"\"\nm1,\"b\n\" c\n");
  EXPECT_EQ(given.texts, (Texts{"a cheapshop, \"here\"", "b c"}));
  EXPECT_EQ(given.sources, (Texts{"m0", "m1"}));
  EXPECT_EQ(predictions("p.csv", "mr,output\na,\"b\nc,d\n").texts, (Texts{"bc,d"}));
}

TEST_F(TextFilesTest, WithoutSourcesRowsInARowAreOneItem) {
  EXPECT_EQ(references("r.csv", "mr,ref\na,1\na,2\nb,3\na,4\n", of({"x", "y", "z"})),
            (References{{"1", "2"}, {"3"}, {"4"}}));
}

TEST_F(TextFilesTest, JsonLinesHoldTextsOrLists) {
  const auto given = predictions("p.jsonl", "{\"id\":0,\"prompt\":\"q\",\"prediction\":\" a \"}\n");
  EXPECT_EQ(given.texts, (Texts{"a"}));
  EXPECT_EQ(references("r.jsonl", "{\"mr\":\"m\",\"references\":[\"x\",\"y\"]}\n", given),
            (References{{"x", "y"}}));
}

TEST_F(TextFilesTest, CountsThatDifferAreNamed) {
  EXPECT_TRUE(holds(message_of<DataError>([&] { references("r.txt", "a\n\nb\n", of({"x"})); }),
                    "r.txt: holds references for 2 items, but there are 1 predictions"));
}

TEST_F(TextFilesTest, BytesThatAreNotUtf8AreNamed) {
  EXPECT_TRUE(holds(message_of<DataError>([&] { predictions("p.txt", "good\nb\xE9\n"); }),
                    "p.txt:2: byte 1 is 0xE9, which is not UTF-8"));
}

TEST_F(TextFilesTest, EmptyAndMissingFilesAreErrors) {
  EXPECT_TRUE(
      holds(message_of<DataError>([&] { predictions("p.txt", "\n \n"); }), "p.txt: is empty"));
  EXPECT_TRUE(holds(message_of<DataError>([&] { predictions("p.csv", "mr,output\n"); }),
                    "p.csv: has no rows"));
  EXPECT_TRUE(
      holds(message_of<DataError>([&] { read_predictions(dir_.path() / "no.txt"); }), "no.txt"));
}

TEST_F(TextFilesTest, TablesThatDoNotFitAreErrors) {
  EXPECT_TRUE(holds(message_of<DataError>([&] { predictions("p.csv", "mr,text\na,b\n"); }),
                    "p.csv:1: 0 text columns and 1 source columns among: mr, text"));
  EXPECT_TRUE(holds(message_of<DataError>([&] { predictions("p.csv", "mr,output\na,b\nc\n"); }),
                    "p.csv:3: 1 fields, but the header has 2"));
  EXPECT_TRUE(holds(message_of<DataError>([&] { predictions("p.jsonl", "{\"prediction\":3}\n"); }),
                    "p.jsonl:1: 'prediction' is number, wanted a string"));
}

}  // namespace
}  // namespace eida

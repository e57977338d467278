#include <gtest/gtest.h>

#include "data/reader_fixture.h"

namespace eida {
namespace {

using testing::holds;
using testing::ReaderTest;
using testing::task_options;
using BadRows = ReaderTest;

const ReaderOptions kSst2 = task_options(TaskName::sst2);
const ReaderOptions kE2e = task_options(TaskName::e2e);
const ReaderOptions kClasses = task_options(TaskName::classification);
const ReaderOptions kPrompt = task_options(TaskName::prompt);
const std::string kHeader = "sentence\tlabel\n";

TEST_F(BadRows, MissingAndEmptyFiles) {
  EXPECT_THROW(open_dataset(dir_.path() / "none.tsv", kSst2), DataError);
  EXPECT_TRUE(holds(open_error("a.tsv", "", kSst2), "a.tsv: the file is empty"));
  EXPECT_TRUE(holds(open_error("a.tsv", "\n\r\n", kSst2), "the file is empty"));
  EXPECT_TRUE(holds(open_error("a.tsv", "\xEF\xBB\xBF", kSst2), "the file is empty"));
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader, kSst2), "a header and no rows"));
}

TEST_F(BadRows, MissingHeaderListsTheColumnsThatExist) {
  const std::string message = open_error("a.tsv", "good film \t1\nbad film \t0\n", kSst2);
  EXPECT_TRUE(holds(message, "a.tsv:1: no column 'sentence'; the file has 'good film ', '1'"));
  EXPECT_TRUE(holds(message, "hint"));
  ReaderOptions options = kClasses;
  options.label_column = "gold";
  EXPECT_TRUE(holds(open_error("a.csv", "text,label\nx,1\n", options),
                    "no column 'gold'; the file has 'text', 'label'"));
  EXPECT_TRUE(holds(open_error("a.jsonl", "{\"a\":1,\"b\":2}\n", kPrompt),
                    "no column 'prompt'; the file has 'a', 'b'"));
}

TEST_F(BadRows, ColumnThereTwice) {
  EXPECT_TRUE(holds(open_error("a.tsv", "text\ttext\tlabel\na\tb\t1\n", kClasses),
                    ":1: column 'text' is there twice"));
}

TEST_F(BadRows, WrongNumberOfColumnsNamesTheLine) {
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "good\t1\nbad\n", kSst2),
                    "a.tsv:3: 1 column, wanted 2 ('sentence', 'label')"));
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "a\tb\t1\n", kSst2), ":2: 3 columns, wanted 2"));
}

TEST_F(BadRows, CutFileIsSuspected) {
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "good\t1\nba", kSst2), "is the file cut short?"));
}

TEST_F(BadRows, Labels) {
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "x\tgood\n", kSst2),
                    ":2: label 'good' is not an integer, wanted 0 to 1"));
  EXPECT_TRUE(
      holds(open_error("a.tsv", kHeader + "x\t2\n", kSst2), ":2: label 2 is outside 0 to 1"));
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "x\t\n", kSst2), ":2: empty label"));
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "x\t1\ny\tz\n", kClasses),
                    ":3: label 'z' is not an integer"));
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "x\tz\ny\t1\n", kClasses),
                    ":3: label '1' is an integer"));
  EXPECT_TRUE(
      holds(open_error("a.tsv", kHeader + "x\t-1\n", kClasses), ":2: label -1 is negative"));
  EXPECT_TRUE(
      holds(open_error("a.tsv", kHeader + "x\t99999999999999999999\n", kClasses), "too large"));
  ReaderOptions options = kClasses;
  options.class_names = {"neg", "pos"};
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "x\tneutral\n", options),
                    "none of the classes 'neg', 'pos'"));
  options.class_names = {"pos", "pos"};
  EXPECT_THROW(open("a.tsv", kHeader + "x\tpos\n", options), ConfigError);
}

TEST_F(BadRows, EmptyLineAndEmptyText) {
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "x\t1\n\ny\t0\n", kSst2), ":3: empty line"));
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "\t1\n", kSst2), ":2: empty text"));
  EXPECT_TRUE(holds(open_error("a.txt", "a||b\nc||\n", kE2e), ":2: empty second text"));
  EXPECT_TRUE(holds(open_error("a.txt", "a||b\n||c\n", kE2e), ":2: empty text"));
}

TEST_F(BadRows, OfAPairOneTextMayBeEmpty) {
  const std::string header = "sentence1\tsentence2\tlabel\n";
  const auto data = open("a.tsv", header + "a\t\t0\n\tb\t1\n", kClasses);
  EXPECT_EQ(data->at(0).second, "");
  EXPECT_EQ(data->at(1).first, "");
  EXPECT_TRUE(data->at(0).pair);
  EXPECT_TRUE(holds(open_error("a.tsv", header + "\t\t0\n", kClasses), ":2: empty text"));
}

TEST_F(BadRows, OneClassIsToldApart) {
  EXPECT_TRUE(open("a.tsv", kHeader + "x\t1\ny\t1\n", kClasses)->one_class());
  EXPECT_TRUE(open("a.tsv", kHeader + "x\t1\ny\t1\n", kSst2)->one_class());
  EXPECT_TRUE(open("a.tsv", kHeader + "x\tspam\n", kClasses)->one_class());
  EXPECT_FALSE(open("a.tsv", kHeader + "x\t1\ny\t3\n", kClasses)->one_class());
  EXPECT_FALSE(open("a.tsv", "sentence\nx\n", kClasses)->one_class());
  ReaderOptions unread = kSst2;
  unread.check_bytes = 16;
  EXPECT_FALSE(open("a.tsv", kHeader + "x\t1\ny\t1\n", unread)->one_class());
  EXPECT_TRUE(make_dataset({{"x", "", 1}}, TaskKind::kClassification, {"0", "1"})->one_class());
}

TEST_F(BadRows, OnlyACompletionMayGoWithoutItsPrompt) {
  const auto data = open("a.jsonl", "{\"prompt\":\"\",\"completion\":\"b\"}\n", kPrompt);
  EXPECT_EQ(data->at(0).first, "");
  EXPECT_EQ(data->at(0).second, "b");
  EXPECT_TRUE(holds(open_error("a.jsonl", "{\"prompt\":\"\"}\n", kPrompt), ":1: empty text"));
  EXPECT_TRUE(holds(open_error("a.jsonl", "{\"prompt\":\"a\",\"completion\":\"\"}\n", kPrompt),
                    ":1: empty second text"));
}

TEST_F(BadRows, BytesThatAreNotText) {
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + "caf\xE9\t1\n", kSst2), ":2: not UTF-8"));
  EXPECT_TRUE(
      holds(open_error("a.tsv", kHeader + "caf\xE9\t1\n", kSst2), "at byte offset 3 of the row"));
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + std::string("a\0b\t1\n", 6), kSst2),
                    ":2: NUL byte, at byte offset 1"));
  EXPECT_TRUE(holds(open_error("a.tsv", "\xFF\xFEs", kSst2), ":1: not UTF-8"));
  EXPECT_TRUE(
      holds(open_error("a.jsonl", "{\"prompt\":\"a\\u0000\",\"completion\":\"b\"}\n", kPrompt),
            "NUL character"));
}

TEST_F(BadRows, LongRowStopsTheReader) {
  ReaderOptions options = kSst2;
  options.max_row_bytes = 64;
  EXPECT_TRUE(holds(open_error("a.tsv", kHeader + std::string(65, 'x') + "\t1\n", options),
                    ":2: row is longer than 64 bytes"));
  EXPECT_TRUE(
      holds(open_error("a.csv", "sentence,label\n" + std::string(65, 'x') + ",1\n", options),
            ":2: row is longer"));
  options.max_row_bytes = 0;
  EXPECT_THROW(open("a.tsv", kHeader, options), ConfigError);
}

TEST_F(BadRows, CsvQuotes) {
  EXPECT_TRUE(holds(open_error("a.csv", "mr,ref\na,b\nc,\"never\nclosed\n", kE2e),
                    ":3: quoted field is not closed"));
  EXPECT_TRUE(
      holds(open_error("a.csv", "mr,ref\n\"a\"b,c\n", kE2e), ":2: text after a closing quote"));
  // The line is that of the file, not the number of the row.
  EXPECT_TRUE(
      holds(open_error("a.csv", "mr,ref\na,\"b\nb\"\nc\n", kE2e), "a.csv:4: 1 column, wanted 2"));
}

TEST_F(BadRows, PairLines) {
  EXPECT_TRUE(holds(open_error("a.txt", "a||b\nno bar\n", kE2e), ":2: no '||'"));
  EXPECT_TRUE(holds(open_error("a.txt", "a||b||c\n", kE2e), ":1: more than one '||'"));
}

TEST_F(BadRows, Json) {
  const std::string good = "{\"prompt\":\"a\",\"completion\":\"b\"}\n";
  EXPECT_TRUE(holds(open_error("a.jsonl", good + "{\"prompt\":\"a\",\n", kPrompt), ":2: not JSON"));
  EXPECT_TRUE(holds(open_error("a.jsonl", good + "{\"prompt\":\"a\"}\n", kPrompt),
                    ":2: no key 'completion'"));
  EXPECT_TRUE(holds(open_error("a.jsonl", good + "{\"prompt\":5,\"completion\":\"b\"}\n", kPrompt),
                    "'prompt' is number, wanted a string"));
  EXPECT_TRUE(holds(
      open_error("a.jsonl", good + "{\"prompt\":\"a\",\"prompt\":\"c\",\"completion\":\"b\"}\n",
                 kPrompt),
      "key 'prompt' is there twice"));
  EXPECT_TRUE(holds(open_error("a.json", "[{\"prompt\":\"a\"}]\n", kPrompt), "JSON array"));
  EXPECT_TRUE(
      holds(open_error("a.jsonl", "{\"text\":\"a\",\"label\":0.5}\n", kClasses), "a fraction"));
  EXPECT_TRUE(holds(
      open_error("a.jsonl", good + "{\"prompt\":\"\\ud800\",\"completion\":\"b\"}\n", kPrompt),
      ":2: not JSON"));
}

TEST_F(BadRows, DeepJsonIsNoStackOverflow) {
  const std::string deep(200000, '[');
  EXPECT_TRUE(holds(open_error("a.jsonl", "{\"prompt\":" + deep + "\n", kPrompt), "not JSON"));
}

TEST_F(BadRows, UnknownFormat) {
  EXPECT_TRUE(
      holds(open_error("a.dat", "words alone\n", kClasses), "neither extension nor first line"));
  ReaderOptions options = kClasses;
  options.format = DataFormat::kPairLines;
  EXPECT_THROW(open("a.txt", "a||b\n", options), ConfigError);
}

TEST_F(BadRows, BeyondTheCheckedBytesTheRowFailsWhenRead) {
  ReaderOptions options = kSst2;
  options.check_bytes = 0;
  const auto data = open("a.tsv", kHeader + "good\t1\nbad\t7\n", options);
  EXPECT_EQ(data->at(0).label, 1);
  try {
    data->at(1);
    FAIL() << "no error";
  } catch (const DataError& error) {
    EXPECT_TRUE(holds(error.what(), "a.tsv:3: label 7 is outside 0 to 1"));
  }
}

TEST_F(BadRows, TheLineIsRightFarIntoAFile) {
  // Longer than what lies between two marks of the index, several times.
  std::string tabs = kHeader, quoted = "mr,ref\n";
  for (int row = 0; row < 1000; ++row) {
    const std::string text(100, 'x');
    tabs += text + (row == 777 ? "\t7\n" : "\t1\n");
    quoted += (row == 777 ? "\"\"" : "\"a\n" + text + "\"") + std::string(",b\n");
  }
  EXPECT_TRUE(holds(open_error("a.tsv", tabs, kSst2), "a.tsv:779: label 7"));
  EXPECT_TRUE(holds(open_error("a.csv", quoted, kE2e), "a.csv:1556: empty text"));
  ReaderOptions options = kSst2;
  options.check_bytes = 0;
  const auto data = open("b.tsv", tabs, options);
  const auto read = [&] { data->at(777); };
  EXPECT_TRUE(holds(testing::message_of<DataError>(read), "b.tsv:779: label 7"));
}

TEST_F(BadRows, IndexOutOfRange) {
  const auto data = open("a.tsv", kHeader + "good\t1\n", kSst2);
  EXPECT_THROW(data->at(1), DataError);
  EXPECT_THROW(data->at(-1), DataError);
}

TEST_F(BadRows, OneColumnForTwo) {
  ReaderOptions options = kClasses;
  options.text_column = options.label_column = "text";
  const std::string said = "column 'text' is chosen twice";
  EXPECT_TRUE(holds(open_error("a.tsv", "text\tlabel\n1\t1\n", options), said));
  EXPECT_TRUE(holds(open_error("a.jsonl", "{\"text\": \"1\", \"label\": 1}\n", options), said));
  options = kClasses;
  options.text_pair_column = "text";
  EXPECT_TRUE(holds(open_error("a.tsv", "text\tlabel\nx\t1\n", options), said));
  options = kPrompt;
  options.prompt_column = options.completion_column = "text";
  EXPECT_TRUE(holds(open_error("a.jsonl", "{\"text\": \"1\"}\n", options), said));
}

}  // namespace
}  // namespace eida

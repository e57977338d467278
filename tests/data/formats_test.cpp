#include <gtest/gtest.h>

#include "data/reader_fixture.h"

namespace eida {
namespace {

using testing::ReaderTest;
using testing::task_options;
using Formats = ReaderTest;

const ReaderOptions kSst2 = task_options(TaskName::sst2);
const ReaderOptions kE2e = task_options(TaskName::e2e);
const ReaderOptions kClasses = task_options(TaskName::classification);
const ReaderOptions kPrompt = task_options(TaskName::prompt);

TEST_F(Formats, Sst2KeepsTextByteForByte) {
  const auto data = open("a.tsv", "sentence\tlabel\nfine \"work \t1\n  caf\xC3\xA9 \t0\n", kSst2);
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(data->at(0).first, "fine \"work ");
  EXPECT_EQ(data->at(0).label, 1);
  EXPECT_EQ(data->at(1).first, "  caf\xC3\xA9 ");
  EXPECT_EQ(data->at(1).label, 0);
  EXPECT_TRUE(data->has_targets());
  EXPECT_EQ(data->kind(), TaskKind::kClassification);
  EXPECT_EQ(data->class_names(), (std::vector<std::string>{"0", "1"}));
}

TEST_F(Formats, Sst2TestFileHasNoLabels) {
  const auto data = open("test.tsv", "index\tsentence\n0\tuneasy .\n1\tgood .\n", kSst2);
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(data->at(1).first, "good .");
  EXPECT_EQ(data->at(1).label, -1);
  EXPECT_FALSE(data->has_targets());
}

TEST_F(Formats, ByteOrderMarkCrlfAndMissingLastLineEndAreAccepted) {
  const auto data = open("a.tsv", "\xEF\xBB\xBFsentence\tlabel\r\ngood \t1\r\nbad\t0", kSst2);
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(data->at(0).first, "good ");
  EXPECT_EQ(data->at(1).label, 0);
}

TEST_F(Formats, EmptyLinesAtTheEndAreNoRows) {
  EXPECT_EQ(open("a.tsv", "sentence\tlabel\ngood\t1\n\n\r\n\n", kSst2)->size(), 1);
}

TEST_F(Formats, E2eCsvWithQuotesAndLineEndsInside) {
  const auto data = open("train.csv",
                         "mr,ref\r\n\"name[A], near[B]\",Plain text.\r\n"
                         "name[C],\"Two\r\nlines, \"\"quoted\"\".\"\r\nname[D],Last\r\n",
                         kE2e);
  ASSERT_EQ(data->size(), 3);
  EXPECT_EQ(data->at(0).first, "name[A], near[B]");
  EXPECT_EQ(data->at(1).second, "Two\r\nlines, \"quoted\".");
  EXPECT_EQ(data->at(2).second, "Last");
  EXPECT_EQ(data->at(2).label, -1);
  EXPECT_EQ(data->kind(), TaskKind::kCompletion);
}

TEST_F(Formats, E2eTestFileHasTheMeaningAlone) {
  const auto data = open("testset.csv", "MR\n\"name[A], area[b]\"\n", kE2e);
  EXPECT_EQ(data->at(0).first, "name[A], area[b]");
  EXPECT_FALSE(data->has_targets());
}

TEST_F(Formats, PairLinesLoseOuterWhiteSpaceOnly) {
  const auto data = open("train.txt", "name : A | Type : pub||The A . \nname : B|| B  b .\n", kE2e);
  ASSERT_EQ(data->size(), 2);
  EXPECT_EQ(data->at(0).first, "name : A | Type : pub");
  EXPECT_EQ(data->at(0).second, "The A .");
  EXPECT_EQ(data->at(1).second, " B  b .");
}

TEST_F(Formats, JsonlPromptsWithOtherKeys) {
  ReaderOptions options = kPrompt;
  options.prompt_column = "question";
  options.completion_column = "answer";
  const auto data =
      open("a.jsonl", "{\"question\":\"q\\n1\",\"answer\":\"a \\u00e9\",\"id\":7}\n", options);
  EXPECT_EQ(data->at(0).first, "q\n1");
  EXPECT_EQ(data->at(0).second, "a \xC3\xA9");
}

TEST_F(Formats, JsonlWithDefaultKeysIsRecognisedByContent) {
  const auto data = open("a.txt", "{\"prompt\": \"p\", \"completion\": \"c\"}\n", kPrompt);
  EXPECT_EQ(data->at(0).second, "c");
}

TEST_F(Formats, WordsBecomeClassesInByteOrder) {
  const auto data = open("a.csv", "text,label\nx,pos\ny,neg\nz,neutral\n", kClasses);
  EXPECT_EQ(data->class_names(), (std::vector<std::string>{"neg", "neutral", "pos"}));
  EXPECT_EQ(data->at(0).label, 2);
  EXPECT_EQ(data->at(1).label, 0);
}

TEST_F(Formats, IntegersAreClassIndicesAsTheyStand) {
  const auto data = open("a.csv", "text,label\nx,4\ny, 2 \n", kClasses);
  EXPECT_EQ(data->class_names().size(), 5u);
  EXPECT_EQ(data->at(0).label, 4);
  EXPECT_EQ(data->at(1).label, 2);
}

TEST_F(Formats, GivenClassNamesMapASecondFileAlike) {
  ReaderOptions options = kClasses;
  options.class_names = {"pos", "neg"};
  const auto data = open("dev.tsv", "text\tlabel\nx\tneg\n", options);
  EXPECT_EQ(data->at(0).label, 1);
}

TEST_F(Formats, NamedColumnsAndPairs) {
  ReaderOptions options = kClasses;
  options.text_column = "premise";
  options.text_pair_column = "hypothesis";
  options.label_column = "gold";
  const auto data = open("a.tsv", "id\tgold\thypothesis\tpremise\n1\tyes\th\tp\n", options);
  EXPECT_EQ(data->at(0).first, "p");
  EXPECT_EQ(data->at(0).second, "h");
  EXPECT_EQ(data->at(0).label, 0);
}

TEST_F(Formats, Sentence1And2AreAPairWithoutBeingNamed) {
  const auto data = open("a.tsv", "sentence1\tsentence2\tlabel\na\tb\t1\n", kClasses);
  EXPECT_EQ(data->at(0).second, "b");
}

TEST_F(Formats, JsonLabelsOfEverySort) {
  EXPECT_EQ(open("i.jsonl", "{\"text\":\"a\",\"label\":3}\n", kClasses)->at(0).label, 3);
  EXPECT_EQ(open("s.jsonl", "{\"text\":\"a\",\"label\":\"x\"}\n", kClasses)->at(0).label, 0);
  const auto booleans = open(
      "b.jsonl", "{\"text\":\"a\",\"label\":true}\n{\"text\":\"b\",\"label\":false}\n", kClasses);
  EXPECT_EQ(booleans->at(0).label, 1);
}

TEST_F(Formats, ExtensionDecidesWhereContentDoesNot) {
  ReaderOptions options = kClasses;
  EXPECT_EQ(open("a.csv", "text,label\na\tb,1\n", options)->at(0).first, "a\tb");
  EXPECT_EQ(open("a.dat", "text\tlabel\na,b\t1\n", options)->at(0).first, "a,b");
  options.format = DataFormat::kTsv;
  EXPECT_EQ(open("b.csv", "text\tlabel\na,b\t1\n", options)->at(0).first, "a,b");
}

TEST_F(Formats, RowsBeyondTheCheckedBytesReadAlike) {
  std::string content = "sentence\tlabel\n";
  for (int i = 0; i < 1000; ++i)
    content += "row " + std::to_string(i) + "\t" + std::to_string(i % 2) + "\n";
  ReaderOptions options = kSst2;
  options.check_bytes = 100;
  const auto data = open("a.tsv", content, options);
  ASSERT_EQ(data->size(), 1000);
  for (int64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(data->at(i).first, "row " + std::to_string(i));
    EXPECT_EQ(data->at(i).label, i % 2);
  }
}

}  // namespace
}  // namespace eida

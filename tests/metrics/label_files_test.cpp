#include <gtest/gtest.h>

#include "eida/core/error.h"
#include "eida/metrics/text_files.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida::testing {
namespace {

using Texts = std::vector<std::string>;

class LabelFiles : public ::testing::Test {
 protected:
  Texts read(const std::string& name, const std::string& text, const std::string& column) const {
    return read_labels(write_text(dir_.path() / name, text), column);
  }
  std::string fault(const std::string& name, const std::string& text) const {
    return message_of<DataError>([&] { read(name, text, "label"); });
  }
  TempDir dir_;
};

TEST_F(LabelFiles, EveryFormatGivesTheSame) {
  const Texts wanted = {"1", "0", "good"};
  EXPECT_EQ(read("a.txt", "1\n0\ngood\n", "label"), wanted);
  EXPECT_EQ(read("a.tsv", "sentence\tlabel\nx \t1\n\"y\t0\nz\tgood\n", "label"), wanted);
  EXPECT_EQ(read("a.csv", "label,text\n1,\"a, b\"\n0,c\ngood,d\n", "label"), wanted);
  EXPECT_EQ(read("b.csv", "text,label\n\"a\nb, \"\"c\"\"\n\",1\nc,0\n\"d\n\",good\n", "label"),
            wanted);
  EXPECT_EQ(read("a.jsonl", "{\"label\": 1}\n{\"label\": 0}\n{\"label\": \"good\"}\n", "label"),
            wanted);
  EXPECT_EQ(read("b.tsv", "index\tPrediction\n0\t1\n1\t0\n2\tgood\n", "prediction"), wanted);
}

TEST_F(LabelFiles, OnlyALineFeedEndsALine) {
  const Texts wanted = {"1", "0"};
  EXPECT_EQ(read("a.jsonl", "{\"text\": \"x\u2028y\", \"label\": 1}\r\n{\"label\": 0}", "label"),
            wanted);
  EXPECT_EQ(read("a.tsv", "sentence\tlabel\nx\u0085y\t1\nz\t0\n", "label"), wanted);
}

TEST_F(LabelFiles, FaultsNameFileAndLine) {
  EXPECT_NE(fault("a.tsv", "sentence\tgold\nx\t1\n").find("a.tsv:1: has no column 'label'"),
            std::string::npos);
  EXPECT_NE(fault("a.tsv", "sentence\tlabel\nx\n").find("a.tsv:2: 1 fields, but the header has 2"),
            std::string::npos);
  EXPECT_NE(fault("a.csv", "label\n\"1\n").find("a.csv:2"), std::string::npos);
  EXPECT_NE(fault("a.jsonl", "{\"label\": 1.5}\n").find("a.jsonl:1: label is neither"),
            std::string::npos);
  EXPECT_NE(fault("a.jsonl", "[1]\n").find("a.jsonl:1: is no object"), std::string::npos);
  EXPECT_NE(fault("a.tsv", "label\n").find("has no labels"), std::string::npos);
  EXPECT_NE(fault("a.txt", "1\n\n0\n").find("label 2 is empty"), std::string::npos);
}

TEST_F(LabelFiles, RightLabelsCompareItemByItem) {
  EXPECT_EQ(right_labels({"1", "0", "0"}, {"1", "1", "0"}, "f"),
            (std::vector<bool>{true, false, true}));
  EXPECT_THROW(right_labels({"1"}, {"1", "0"}, "f"), DataError);
  EXPECT_THROW(right_labels({"1", "0"}, {"good", "bad"}, "f"), DataError);
}

TEST(OneLine, IsWhatAFileOfPredictionsHolds) {
  EXPECT_EQ(one_line("  a pub \n"), "a pub");
  EXPECT_EQ(one_line("a\npub\r\nnear\u2028it"), "a pub near it");
  EXPECT_EQ(one_line(" \n "), "");
}

}  // namespace
}  // namespace eida::testing

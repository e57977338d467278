#include "eida/core/csv.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

namespace eida {
namespace {

std::vector<std::string> split(std::string_view row) {
  CsvFault fault;
  auto fields = split_csv_row(row, fault);
  EXPECT_EQ(fault.what, nullptr);
  return fields;
}

TEST(Csv, SplitsPlainAndQuotedFields) {
  EXPECT_EQ(split("a,b"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(split(""), (std::vector<std::string>{""}));
  EXPECT_EQ(split("a,"), (std::vector<std::string>{"a", ""}));
  EXPECT_EQ(split("\"a,b\",\"c \"\"d\"\"\n e\""), (std::vector<std::string>{"a,b", "c \"d\"\n e"}));
  EXPECT_EQ(split("5\" disk,x"),
            (std::vector<std::string>{"5\" disk", "x"}));  // only at a field's start
  EXPECT_EQ(split("\"\",\"\"\"\""), (std::vector<std::string>{"", "\""}));
}

TEST(Csv, NamesTheByteOfABrokenRow) {
  CsvFault fault;
  split_csv_row("a,\"b\"c", fault);
  ASSERT_NE(fault.what, nullptr);
  EXPECT_EQ(fault.offset, 5u);
  fault = {};
  split_csv_row("a,\"bc", fault);
  ASSERT_NE(fault.what, nullptr);
  EXPECT_EQ(fault.offset, 2u);
}

TEST(Csv, RowEndsOutsideQuotesOnly) {
  CsvFault fault;
  const std::string text = "\"a\nb\",c\r\nd\"\ne";
  EXPECT_EQ(find_csv_row_end(text, 0, 100, fault), 9u);
  EXPECT_EQ(find_csv_row_end(text, 9, 100, fault), 12u);
  EXPECT_EQ(find_csv_row_end(text, 12, 100, fault), text.size());
  EXPECT_EQ(fault.what, nullptr);
  find_csv_row_end("x,\"never closed\n\n", 0, 100, fault);
  ASSERT_NE(fault.what, nullptr);
  EXPECT_EQ(fault.offset, 2u);
}

TEST(Csv, TabsDivideAndQuotesAreOrdinary) {
  using Fields = std::vector<std::string>;
  CsvFault fault;
  EXPECT_EQ(split_csv_row("a\t\"b\t c,\t", fault, '\t', false), (Fields{"a", "\"b", " c,", ""}));
  EXPECT_EQ(split_csv_row("", fault, '\t', false), Fields{""});
  EXPECT_EQ(fault.what, nullptr);
}

TEST(Csv, LimitStopsTheSearch) {
  CsvFault fault;
  const std::string text(1000, 'x');
  EXPECT_EQ(find_csv_row_end(text, 0, 10, fault), 10u);
  EXPECT_EQ(fault.what, nullptr);
}

TEST(Csv, WrittenRowsReadBack) {
  EXPECT_TRUE(rc::check([](const std::vector<std::string>& given) {
    RC_PRE(!given.empty());
    const std::string row = join_csv_row(given);
    CsvFault fault;
    RC_ASSERT(find_csv_row_end(row + "\n", 0, 1 << 20, fault) == row.size() + 1);
    RC_ASSERT(split_csv_row(row, fault) == given);
    RC_ASSERT(fault.what == nullptr);
  }));
}

}  // namespace
}  // namespace eida

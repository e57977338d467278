#include "eida/report/table.h"

#include <gtest/gtest.h>

#include "eida/core/error.h"

namespace eida {
namespace {

TEST(Table, AlignsByTerminalColumns) {
  Table table({"kind", "k=4"}, {Align::kLeft, Align::kRight});
  table.add_row({"\u0394output", "0.5"});
  table.add_row({"\u65E5\u672C", "0.25"});
  EXPECT_EQ(table.render(),
            "kind      k=4\n"
            "-------  ----\n"
            "\u0394output   0.5\n"
            "\u65E5\u672C     0.25\n");
}

TEST(Table, LeavesNoTrailingSpaces) {
  Table table({"a", "b"}, {Align::kLeft, Align::kLeft});
  table.add_row({"x", ""});
  table.add_row({"x", "long"});
  EXPECT_EQ(table.render(), "a  b\n-  ----\nx\nx  long\n");
}

TEST(Table, EscapesAreOnlyThoseOfTheStyle) {
  Table table({"a"});
  table.add_row({"\x1B[2J\nb"});
  EXPECT_EQ(table.render().find('\x1B'), std::string::npos);
  EXPECT_EQ(table.render(TableStyle::kBoldHeader).find("\x1B[1m"), 0u);
}

TEST(Grouped, DigitsAreInThrees) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(140034), "140,034");
  EXPECT_EQ(grouped(22713216), "22,713,216");
  EXPECT_EQ(grouped(-999), "-999");
  EXPECT_EQ(grouped(-1000), "-1,000");
}

TEST(Table, RefusesRowsOfAnotherWidth) {
  Table table({"a", "b"});
  EXPECT_THROW(table.add_row({"x"}), Error);
  EXPECT_EQ(table.rows(), 0u);
}

}  // namespace
}  // namespace eida

#include "eida/report/figure.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <string>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/test_data.h"

namespace eida {
namespace {

#define EIDA_NEED_GNUPLOT() \
  if (!have_gnuplot()) GTEST_SKIP() << "needs gnuplot"

Figure one_line(const std::string& title, const std::string& name) {
  FigureOptions options;
  options.title = title;
  options.y_min = 0.2;
  options.y_max = 1.0;
  options.integer_x = true;
  Figure figure(options);
  Series series{name, "#1f5fd6", {0, 1, 2}, {0.5, 0.7, 0.8}, {0.4, 0.6, 0.7}, {0.6, 0.8, 0.9}};
  figure.add(series);
  return figure;
}

TEST(Figure, DrawsEveryFormatAndLeavesNothingElse) {
  EIDA_NEED_GNUPLOT();
  const testing::TempDir dir;
  for (const char* name : {"a.svg", "a.png", "a.pdf"}) {
    EXPECT_TRUE(one_line("Title", "line").write(dir.path() / name));
  }
  const std::string png = read_file(dir.path() / "a.png");
  EXPECT_EQ(png.substr(1, 3), "PNG");
  const FigureOptions defaults;
  const auto pixels = [&](size_t at) {  // of IHDR, big-endian
    return static_cast<unsigned char>(png[at + 2]) * 256 + static_cast<unsigned char>(png[at + 3]);
  };
  EXPECT_EQ(pixels(16), 2 * defaults.width);
  EXPECT_EQ(pixels(20), 2 * defaults.height);
  EXPECT_EQ(read_file(dir.path() / "a.pdf").substr(0, 5), "%PDF-");
  EXPECT_NE(read_file(dir.path() / "a.svg").find("</svg>"), std::string::npos);
  const auto count = std::distance(std::filesystem::directory_iterator(dir.path()), {});
  EXPECT_EQ(count, 3);
}

TEST(Figure, PdfHoldsItsFonts) {
  EIDA_NEED_GNUPLOT();
  const testing::TempDir dir;
  ASSERT_TRUE(one_line("\u0394(outputs)", "line").write(dir.path() / "a.pdf"));
  const std::string pdf = read_file(dir.path() / "a.pdf");
  EXPECT_NE(pdf.find("/FontFile"), std::string::npos);  // FontFile, FontFile2 or FontFile3
}

TEST(Figure, TextIsShownAsItStands) {
  EIDA_NEED_GNUPLOT();
  const testing::TempDir dir;
  const auto file = dir.path() / "it's.svg";
  ASSERT_TRUE(one_line("Inputs of W_Q, W_K (768 dimensions)", "k' = {4} \u0394").write(file));
  const std::string svg = read_file(file);
  EXPECT_NE(svg.find("Inputs of W_Q, W_K (768 dimensions)"), std::string::npos);
  EXPECT_NE(svg.find("k' = {4} \u0394"), std::string::npos);
}

TEST(Figure, NothingInATitleIsACommand) {
  EIDA_NEED_GNUPLOT();
  const testing::TempDir dir;
  const std::string mark = (dir.path() / "mark").string();
  const std::string touch = "system('touch " + mark + "')";
  for (const std::string& title :
       {"'\n" + touch + "\n'", "`touch " + mark + "`", "'.`touch " + mark + "`.'", "\\'\n" + touch,
        "@mark\"." + touch + ".\"", "x\\\n" + touch, "EOD\n" + touch}) {
    EXPECT_TRUE(one_line(title, title).write(dir.path() / "a.svg")) << title;
    EXPECT_FALSE(std::filesystem::exists(mark)) << title;
  }
}

TEST(Figure, FileNamesAreNoPipes) {
  const auto script = one_line("t", "n").script("|touch x.svg");
  EXPECT_NE(script.find("set output \"/"), std::string::npos);
  EXPECT_EQ(script.find('|'), std::string::npos);
}

TEST(Figure, MissingValuesBreakTheLineAndNoMore) {
  EIDA_NEED_GNUPLOT();
  const testing::TempDir dir;
  Figure figure({});
  figure.add({"a", "#000000", {0, 1, 2}, {0.5, std::nan(""), INFINITY}, {}, {}});
  EXPECT_TRUE(figure.write(dir.path() / "a.svg"));
}

TEST(Figure, FailureIsAWarningAndNoFile) {
  const testing::TempDir dir;
  EXPECT_FALSE(one_line("t", "n").write(dir.path() / "missing" / "a.svg"));
  EXPECT_FALSE(Figure({}).write(dir.path() / "empty.svg"));
  EXPECT_FALSE(std::filesystem::exists(dir.path() / "empty.svg"));
}

TEST(Figure, WithoutGnuplotARunGoesOn) {
  const testing::TempDir dir;
  const std::string path = std::getenv("PATH");
  ::setenv("PATH", dir.path().c_str(), 1);
  const bool drawn = one_line("t", "n").write(dir.path() / "a.svg");
  const bool there = have_gnuplot();
  ::setenv("PATH", path.c_str(), 1);
  EXPECT_FALSE(drawn);
  EXPECT_FALSE(there);
  EXPECT_TRUE(std::filesystem::is_empty(dir.path()));
}

TEST(Figure, RefusesWhatItCannotDraw) {
  EXPECT_THROW(one_line("t", "n").write("a.gif"), ConfigError);
  FigureOptions small;
  small.width = 5;
  EXPECT_THROW(Figure{small}, ConfigError);
  Figure figure({});
  EXPECT_THROW(figure.add({"a", "#000000", {0, 1}, {0.5}, {}, {}}), ConfigError);
  EXPECT_THROW(figure.add({"a", "#000000", {0}, {0.5}, {0.4}, {}}), ConfigError);
  EXPECT_THROW(figure.add({"a", "red' \n", {0}, {0.5}, {}, {}}), ConfigError);
}

}  // namespace
}  // namespace eida

#include "eida/report/page.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;
using testing::count;

Figure two_lines(const std::string& title = "Title", const std::string& name = "k = 4") {
  FigureOptions options;
  options.title = title;
  options.y_min = 0.2;
  options.y_max = 1.0;
  Figure figure(options);
  figure.add({name, "#1f5fd6", {0, 1, 2}, {0.5, NAN, 0.8}, {0.4, NAN, 0.7}, {0.6, NAN, 0.9}});
  figure.add({"published", "#888888", {0}, {0.6}, {}, {}, false, true});
  return figure;
}

/// A page written with a stand-in for Plotly's script, unless `plotly` is empty.
class ReportPage : public ::testing::Test {
 protected:
  std::string written(const Page& page, const std::string& plotly = "var Plotly = 0;") const {
    const fs::path script = dir_.path() / "plotly.min.js";
    if (!plotly.empty()) write_file_atomic(script, plotly);
    page.write(file_, plotly.empty() ? fs::path() : script);
    return read_file(file_);
  }

  testing::TempDir dir_;
  fs::path file_ = dir_.path() / "report.html";
};

TEST_F(ReportPage, HoldsWhatWasAddedInOrder) {
  Page page({"A title", "What it is about.", 0});
  page.add_section("First", "Words.");
  page.add_facts({{"seed", "7"}});
  page.add_section("Second");
  Table table({"name", "value"}, {Align::kLeft});
  table.add_row({"a", "1.5"});
  page.add_table("Numbers", table);
  page.add_code("eida-probe --seed 7");
  const std::string html = written(page);
  size_t before = 0;
  for (const char* part :
       {"<title>A title</title>", "<h1>A title</h1>", "What it is about.", "href=\"#s1\">First",
        "href=\"#s2\">Second", "<h2 id=\"s1\">First</h2>", "<dt>seed</dt><dd>7</dd>",
        "<h2 id=\"s2\">Second</h2>", "<caption>Numbers</caption>", "<td>a</td>",
        "<td class=\"number\">1.5</td>", "<code>eida-probe --seed 7</code>", "</html>"}) {
    const size_t at = html.find(part, before);
    ASSERT_NE(at, std::string::npos) << part;
    before = at;
  }
  EXPECT_EQ(count(html, "<section"), 2u);
  EXPECT_EQ(count(html, "</section>"), 2u);
  EXPECT_EQ(html.find("http-equiv=\"refresh\""), std::string::npos);
}

TEST_F(ReportPage, ShowsTheBeginningOfADigestAndLeavesSentencesRoom) {
  const std::string digest(64, 'a'), sentence = "a sentence of more than some words";
  Page page({"t", "", 0});
  Table table({"file", "SHA-256", "why"}, {Align::kLeft, Align::kLeft, Align::kLeft});
  table.add_row({"a.txt", digest, sentence});
  page.add_table("Files", table);
  const std::string html = written(page);
  EXPECT_NE(html.find("<td title=\"" + digest + "\">aaaaaaaaaaaa…</td>"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"sentences\">" + sentence + "</td>"), std::string::npos);
  EXPECT_NE(html.find("<td>a.txt</td>"), std::string::npos);
}

TEST_F(ReportPage, EscapesEveryText) {
  const std::string hostile = "</script><img src=x onerror='a(\"b\")'>&\xff\x01";
  Page page({hostile, hostile, 0});
  page.add_section(hostile, hostile);
  page.add_notice(hostile);
  page.add_facts({{hostile, hostile}});
  Table table({hostile});
  table.add_row({hostile});
  page.add_table(hostile, table);
  page.add_figures({two_lines(hostile, hostile)});
  page.add_code(hostile);
  const std::string html = written(page);
  EXPECT_EQ(html.find("<img"), std::string::npos);
  EXPECT_EQ(html.find('\xff'), std::string::npos);
  EXPECT_EQ(html.find('\x01'), std::string::npos);
  EXPECT_EQ(count(html, "<script"), count(html, "</script>"));
  EXPECT_EQ(count(html, "</script>"), 3u);  // the panel's data, Plotly, the page's own
}

TEST_F(ReportPage, PanelsHoldTheFiguresData) {
  Page page({"t", "", 0});
  page.add_figures({two_lines(), two_lines()});
  const std::string html = written(page);
  EXPECT_EQ(count(html, "class=\"panel\""), 2u);
  EXPECT_EQ(count(html, "\"y\":[0.5,null,0.8],\"low\":[0.4,null,0.7]"), 2u);
  EXPECT_NE(html.find("\"y_min\":0.2,\"y_max\":1.0"), std::string::npos);
  EXPECT_NE(html.find("\"points_only\":true"), std::string::npos);
  EXPECT_NE(html.find("var Plotly = 0;"), std::string::npos);
  EXPECT_NE(html.find("id=\"safe-colours\""), std::string::npos);
}

TEST_F(ReportPage, DataCannotEndItsScript) {
  Page page({"t", "", 0});
  page.add_figures({two_lines("t", "<!--<script>\u2028</script>")});
  const std::string html = written(page);
  EXPECT_EQ(html.find("<!--"), std::string::npos);
  EXPECT_NE(html.find("\\u003c!--\\u003cscript>\\u2028\\u003c/script>"), std::string::npos);
}

TEST_F(ReportPage, LoadsNothingFromAnywhere) {
  Page page({"t", "", 0});
  page.add_figures({two_lines()});
  const std::string html = written(page);
  EXPECT_NE(html.find("default-src 'none'"), std::string::npos);
  EXPECT_EQ(html.find("<link"), std::string::npos);
  EXPECT_EQ(html.find(" src=\"http"), std::string::npos);
  EXPECT_EQ(html.find("@import"), std::string::npos);
}

TEST_F(ReportPage, WithoutPlotlyItHasItsTablesAndSaysSo) {
  Page page({"t", "", 0});
  page.add_figures({two_lines()});
  Table table({"k"});
  table.add_row({"4"});
  page.add_table("Numbers", table);
  const std::string html = written(page, "");
  EXPECT_NE(html.find("plotly.min.js was missing"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"number\">4</td>"), std::string::npos);
  EXPECT_EQ(html.find("class=\"panel\""), std::string::npos);
  EXPECT_EQ(count(html, "<script"), 1u);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir_.path()), {}), 1) << "something was left";
}

TEST_F(ReportPage, AScriptThatWouldEndItselfIsNotTaken) {
  Page page({"t", "", 0});
  page.add_figures({two_lines()});
  EXPECT_NE(written(page, "a('</script>')").find("plotly.min.js was missing"), std::string::npos);
}

TEST_F(ReportPage, ReadsAgainWhileARunGoesOn) {
  EXPECT_NE(written(Page({"t", "", 30})).find("http-equiv=\"refresh\" content=\"30\""),
            std::string::npos);
}

TEST_F(ReportPage, AFolderThatIsMissingIsADataError) {
  EXPECT_THROW(Page({"t", "", 0}).write(dir_.path() / "none" / "report.html"), DataError);
}

}  // namespace
}  // namespace eida

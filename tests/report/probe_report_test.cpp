#include "eida/report/probe_report.h"

#include <gtest/gtest.h>

#include <string>

#include "eida/core/files.h"
#include "report/chromium.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using testing::count;

Json interval(double mean, double half) { return {{"mean", mean}, {"half_interval_95", half}}; }

Json place(const std::string& kind, int64_t index, int64_t layer, const std::string& weights) {
  Json json = {{"kind", kind},   {"place", index},     {"name", kind + std::to_string(index)},
               {"layer", layer}, {"weights", weights}, {"dim", 24}};
  for (const char* measure : {"fidelity", "centred_fidelity"}) {
    json[measure] = {{"4", interval(0.5, 0.02)}, {"8", interval(0.7 + 0.01 * index, 0.02)}};
  }
  for (const char* number : {"mean_direction_energy_share", "mean_direction_cosine", "pair_cosine",
                             "participation_ratio", "mle_dimension"}) {
    json[number] = interval(0.25, 0.01);
  }
  json["two_nn_dimension"] = nullptr;
  if (kind == "delta_output") json["gradient_capture"] = {{"8", interval(0.123, 0.01)}};
  json["rank"] = 8;
  json["rank_reason"] = "8 adds 0.200 <to> 4";
  return json;
}

/// Two layers of an input space and a site, and a classifier.
ProbeReport small_report(const std::string& weights = "from file") {
  ProbeReport report;
  report.probe = {{"model", "models/tiny"},  {"model_type", "roberta"},
                  {"weights", weights},      {"task", "sst2"},
                  {"train", "train.tsv"},    {"estimator", "mean_first"},
                  {"dims", {4, 8}},          {"repeats", 3},
                  {"examples", 32},          {"heldout_examples", 40},
                  {"rank_rule", "threshold"}};
  for (int64_t layer = 0; layer < 2; ++layer) {
    report.probe["places"].push_back(place("input", layer, layer, "q,k,v"));
    report.probe["places"].push_back(place("delta_output", layer, layer, "fc1"));
  }
  report.probe["places"].push_back(place("input", 2, 2, "classifier.dense"));
  report.manifest.program = "eida-probe";
  report.manifest.command_line = {"eida-probe", "--model", "it's here", "--set",
                                  "probe.figures=[]"};
  report.manifest.libtorch = "2.13.0";
  report.manifest.seed = 4711;
  report.config = "probe:\n  repeats: 3\n";
  return report;
}

std::string written(const ProbeReport& report, const fs::path& folder) {
  const fs::path script = folder / "plotly.js";
  write_file_atomic(script, "var Plotly;");
  probe_page(report).write(folder / "report.html", script);
  return read_file(folder / "report.html");
}

TEST(ProbeReport, HasAPanelForEachKindOfPlaceRawAndCentred) {
  const testing::TempDir dir;
  const std::string html = written(small_report(), dir.path());
  EXPECT_EQ(count(html, "class=\"panel\""), 4u);
  EXPECT_EQ(count(html, "Inputs of W_Q, W_K, W_V (24 dimensions)"), 2u);
  EXPECT_EQ(count(html, ", mean direction removed</figcaption>"), 2u);
  EXPECT_EQ(count(html, "\"mean's share of energy\""), 2u);
}

TEST(ProbeReport, ListsEveryPlaceInEachTable) {
  const testing::TempDir dir;
  const std::string html = written(small_report(), dir.path());
  EXPECT_EQ(count(html, "<td>classifier.dense</td>"), 3u);  // curves, shape, plan
  EXPECT_EQ(count(html, "<td>8 adds 0.200 &lt;to&gt; 4</td>"), 5u);
  EXPECT_NE(html.find("0.123"), std::string::npos);
  for (const char* term : {"centred fidelity", "pair cosine", "participation ratio", "TwoNN, MLE",
                           "gradient capture"}) {
    EXPECT_NE(html.find("<dt>" + std::string(term) + "</dt>"), std::string::npos) << term;
  }
}

TEST(ProbeReport, SaysHowToRepeatIt) {
  const testing::TempDir dir;
  const std::string html = written(small_report(), dir.path());
  // probe --model 'it'\''s here' --set 'probe.figures=[]'
  EXPECT_NE(html.find("&#39;it&#39;\\&#39;&#39;s here&#39; --set &#39;probe.figures=[]&#39;"),
            std::string::npos);
  EXPECT_NE(html.find("<dt>seed</dt><dd>4711</dd>"), std::string::npos);
  EXPECT_NE(html.find("  repeats: 3\n"), std::string::npos);
}

TEST(ProbeReport, RandomWeightsAreSaidToBeRandom) {
  const testing::TempDir dir;
  EXPECT_EQ(written(small_report(), dir.path()).find("class=\"notice\""), std::string::npos);
  const std::string html = written(small_report("random, seed 0"), dir.path());
  EXPECT_NE(html.find("<p class=\"notice\" role=\"note\">The weights are random (random, seed 0)"),
            std::string::npos);
  EXPECT_NE(html.find("<title>Probe of random weights"), std::string::npos);
}

TEST(ProbeReport, PublishedPointsAreOnTheirPanelOnly) {
  const testing::TempDir dir;
  ProbeReport report = small_report();
  report.published = {{"input", 0, 0, "q,k,v", 0, 4, 0.58}, {"input", 0, 0, "fc2", 0, 4, 0.6}};
  const std::string html = written(report, dir.path());
  EXPECT_EQ(count(html, "\"name\":\"published\""), 1u);
  EXPECT_NE(html.find("\"x\":[0.0],\"y\":[0.58]"), std::string::npos);
  EXPECT_NE(html.find("Grey rings are published values"), std::string::npos);
}

TEST(ProbeReport, IsSoundInChromium) {
  const testing::TempDir dir;
  const fs::path page = dir.path() / "report.html";
  probe_page(small_report()).write(page);
  testing::expect_sound_in_chromium(page, 4);
}

}  // namespace
}  // namespace eida

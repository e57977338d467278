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
  report.probe = {{"model", "models/tiny"},   {"model_type", "roberta"},
                  {"weights", weights},       {"task", "sst2"},
                  {"train", "train.tsv"},     {"estimator", "mean_first"},
                  {"dims", {4, 8}},           {"repeats", 3},
                  {"examples", 32},           {"heldout_examples", 1040},
                  {"rank_rule", "threshold"}, {"name_or_path", "someone/tiny"}};
  report.probe["random_tensors"] = Json::array();
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

/// y_min of every panel, as they stand in the page.
std::vector<std::string> axis_starts(const std::string& html) {
  const std::string key = "\"y_min\":";
  std::vector<std::string> starts;
  for (size_t at = html.find(key); at != std::string::npos; at = html.find(key, at + 1))
    starts.push_back(html.substr(at + key.size(), html.find(',', at) - at - key.size()));
  return starts;
}

TEST(ProbeReport, RawAndCentredAreBesideEachOtherOnOneAxis) {
  const testing::TempDir dir;
  ProbeReport report = small_report();
  std::string html = written(report, dir.path());
  EXPECT_EQ(axis_starts(html), std::vector<std::string>(4, "0.2"));
  const size_t raw = html.find("Inputs of W_Q, W_K, W_V (24 dimensions)</figcaption>");
  const size_t centred = html.find("(24 dimensions), mean direction removed</figcaption>");
  EXPECT_LT(raw, centred);
  EXPECT_LT(centred, html.find("Δ(outputs) of W_fc1 (24 dimensions)</figcaption>"));
  report.probe["places"][1]["centred_fidelity"]["4"] = interval(0.1, 0.02);
  html = written(report, dir.path());
  EXPECT_EQ(axis_starts(html), std::vector<std::string>(4, "0.0"));
}

TEST(ProbeReport, PlacesThatOccurOnceAreSaidToBeInTheTable) {
  const testing::TempDir dir;
  EXPECT_NE(written(small_report(), dir.path())
                .find("Places that occur once (classifier.dense) have no panel"),
            std::string::npos);
}

TEST(ProbeReport, SaysThatTheHeadIsRandom) {
  const testing::TempDir dir;
  ProbeReport report = small_report();
  report.probe["random_tensors"] = {"classifier.weight", "classifier.bias"};
  const std::string html = written(report, dir.path());
  EXPECT_NE(html.find("The classification head is random: the checkpoint has none, and "
                      "classifier.weight, classifier.bias come from the seed. Δ(outputs) and"),
            std::string::npos);
  EXPECT_NE(html.find("<dd>from file; random, from the seed: classifier.weight, classifier.bias"),
            std::string::npos);
  EXPECT_EQ(written(small_report(), dir.path()).find("head is random"), std::string::npos);
}

TEST(ProbeReport, SaysThatFewRepeatsTellLittle) {
  const testing::TempDir dir;
  ProbeReport report = small_report();
  EXPECT_EQ(written(report, dir.path()).find("repeats only"), std::string::npos);
  report.probe["repeats"] = 2;
  EXPECT_NE(written(report, dir.path()).find("There were 2 repeats only"), std::string::npos);
  report.probe["repeats"] = 1;
  EXPECT_NE(written(report, dir.path()).find("There was one repeat only"), std::string::npos);
}

TEST(ProbeReport, BandsAreCutToCosines) {
  const testing::TempDir dir;
  ProbeReport report = small_report();
  report.probe["places"][0]["fidelity"]["4"] = interval(0.5, 3.0);
  const std::string html = written(report, dir.path());
  EXPECT_NE(html.find("\"low\":[0.0,0.48],\"high\":[1.0,0.52]"), std::string::npos);
}

TEST(ProbeReport, IsNamedByTheLastTwoFoldersOfTheModel) {
  const testing::TempDir dir;
  ProbeReport report = small_report();
  report.probe["model"] = "/home/me/all-minilm/model/";
  const std::string html = written(report, dir.path());
  EXPECT_NE(html.find("<title>Probe of all-minilm/model on sst2</title>"), std::string::npos);
  EXPECT_NE(html.find("<dd>someone/tiny</dd>"), std::string::npos);
  EXPECT_NE(html.find("<dd>1,040</dd>"), std::string::npos);
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
  report.published.name = "Tiny on SST-2";
  report.published.points = {{"input", 0, 0, "q,k,v", 0, 4, 0.58},
                             {"input", 0, 0, "fc2", 0, 4, 0.6}};
  const std::string html = written(report, dir.path());
  EXPECT_EQ(count(html, "\"name\":\"published: Tiny on SST-2\""), 1u);
  EXPECT_EQ(html.find("of another model"), std::string::npos);
  EXPECT_NE(html.find("\"x\":[0.0],\"y\":[0.58]"), std::string::npos);
  EXPECT_NE(html.find("Grey rings are published values of Tiny on SST-2"), std::string::npos);
}

TEST(ProbeReport, PublishedPointsOfAnotherModelAreSaidToBe) {
  const testing::TempDir dir;
  ProbeReport report = small_report();
  report.published = {"Tiny", "roberta", 2, 24, {{"input", 0, 0, "q,k,v", 0, 4, 0.58}}};
  EXPECT_EQ(written(report, dir.path()).find("of another model"), std::string::npos);
  report.published.layers = 12;
  EXPECT_NE(written(report, dir.path())
                .find("Tiny is a roberta of 12 layers and width 24, probed was a roberta of 2 "
                      "layers and width 24"),
            std::string::npos);
}

TEST(ProbeReport, IsSoundInChromium) {
  const testing::TempDir dir;
  const fs::path page = dir.path() / "report.html";
  probe_page(small_report()).write(page);
  testing::expect_sound_in_chromium(page, 4);
}

}  // namespace
}  // namespace eida

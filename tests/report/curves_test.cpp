#include "eida/report/curves.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <fstream>
#include <set>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/report/figure.h"
#include "support/file_helpers.h"
#include "support/test_data.h"

namespace eida {
namespace {

const std::string kHeader = "kind,place,layer,weights,dim,k,repeat,fidelity,samples,heldout\n";

/// Curves of a model of `layers` layers and a classifier, as a probe would hand them over.
std::vector<CurvePoint> all_curves(int64_t layers) {
  std::vector<CurvePoint> curves;
  const auto add = [&](const std::string& kind, int64_t place, int64_t layer,
                       const std::string& weights, int64_t dim) {
    for (const int64_t k : {4, 8, 16, 32, 64}) {
      const double mean =
          0.55 + 0.07 * std::log2(static_cast<double>(k) / 4) + 0.012 * static_cast<double>(layer);
      curves.push_back({kind, place, layer, weights, dim, k, mean, mean - 0.02, mean + 0.02});
    }
  };
  const std::vector<std::string> inputs = {"q,k,v", "o", "fc1", "fc2"};
  const std::vector<std::string> outputs = {"q", "k", "v", "o", "fc1", "fc2"};
  for (int64_t layer = 0; layer < layers; ++layer) {
    for (int64_t i = 0; i < 4; ++i)
      add("input", 4 * layer + i, layer, inputs[i], i == 3 ? 3072 : 768);
    for (int64_t i = 0; i < 6; ++i)
      add("delta_output", 6 * layer + i, layer, outputs[i], i == 4 ? 3072 : 768);
  }
  add("input", 4 * layers, layers, "classifier.dense", 768);
  add("delta_output", 6 * layers, layers, "classifier.dense", 768);
  return curves;
}

std::string read_error(const std::filesystem::path& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
  try {
    read_curves_csv(path);
  } catch (const DataError& error) {
    return error.what();
  }
  return "";
}

TEST(CurvesCsv, IsTheContractsAndReadsBack) {
  const testing::TempDir dir;
  const std::vector<CurveRow> rows = {
      {"input", 0, 0, "q,k,v", 768, 4, 0, 0.5801, 512, 2048},
      {"delta_output", 72, 12, "classifier.dense", 768, 64, 4, 1.0 / 3, 512, 2048}};
  write_curves_csv(dir.path() / "curves.csv", rows);
  EXPECT_EQ(read_file(dir.path() / "curves.csv"),
            kHeader +
                "input,0,0,\"q,k,v\",768,4,0,0.5801,512,2048\n"
                "delta_output,72,12,classifier.dense,768,64,4,0.3333333333333333,512,2048\n");
  EXPECT_EQ(read_curves_csv(dir.path() / "curves.csv"), rows);
}

TEST(CurvesCsv, EveryFidelityReadsBackEqual) {
  const testing::TempDir dir;
  EXPECT_TRUE(rc::check([&dir] {
    std::vector<CurveRow> rows;
    for (const auto bits : *rc::gen::arbitrary<std::vector<uint32_t>>()) {
      rows.push_back({"input", 1, 2, "fc1", 768, 8, 3, bits / 4294967295.0, 10, 20});
    }
    write_curves_csv(dir.path() / "c.csv", rows);
    RC_ASSERT(read_curves_csv(dir.path() / "c.csv") == rows);
  }));
}

TEST(CurvesCsv, NoVectorsIsNan) {
  const testing::TempDir dir;
  write_curves_csv(dir.path() / "c.csv", {{"input", 0, 0, "o", 8, 4, 0, std::nan(""), 0, 0}});
  EXPECT_TRUE(std::isnan(read_curves_csv(dir.path() / "c.csv").at(0).fidelity));
}

TEST(CurvesCsv, BadFilesNameTheLine) {
  const testing::TempDir dir;
  const auto path = dir.path() / "c.csv";
  const auto expect = [&](const std::string& content, const std::string& part) {
    const std::string message = read_error(path, content);
    EXPECT_NE(message.find(part), std::string::npos) << message << " does not hold " << part;
  };
  const std::string good = "input,0,0,\"q,k,v\",768,4,0,0.5,512,2048\n";
  expect("", "the file is empty");
  expect("kind,place\n", ":1: header is 'kind,place'");
  expect(kHeader + good + "input,0\n", ":3: 2 columns, wanted 10");
  expect(kHeader + "output,0,0,o,768,4,0,0.5,512,2048\n", ":2: kind: 'output'");
  expect(kHeader + "input,x,0,o,768,4,0,0.5,512,2048\n", "place: 'x' is not an integer");
  expect(kHeader + "input,0,-1,o,768,4,0,0.5,512,2048\n", "layer: '-1'");
  expect(kHeader + "input,0,0,o,768,4,9223372036854775807,0.5,512,2048\n", "repeat: '9223");
  expect(kHeader + "input,0,0,o,768,4,0,1.5,512,2048\n", "fidelity: '1.5'");
  expect(kHeader + "input,0,0,o,768,4,0,inf,512,2048\n", "fidelity: 'inf'");
  expect(kHeader + "input,0,0,,768,4,0,0.5,512,2048\n", "weights: empty");
  expect(kHeader + "input,0,0,\"o,768,4,0,0.5,512,2048\n", "not closed");
  EXPECT_THROW(read_curves_csv(dir.path() / "none.csv"), DataError);
  EXPECT_THROW(write_curves_csv(dir.path() / "none" / "c.csv", {}), DataError);
}

TEST(PublishedCurves, AreThoseOfTheRepository) {
  const std::filesystem::path folder =
      std::filesystem::path(EIDA_SOURCE_DIR) / "configs" / "published";
  const auto roberta = read_published_curves(folder / "roberta-base-sst2.csv");
  ASSERT_EQ(roberta.points.size(), 7u);
  EXPECT_EQ(roberta.name, "RoBERTa-base on SST-2");
  EXPECT_EQ(roberta.model_type, "roberta");
  EXPECT_EQ(roberta.layers, 12);
  EXPECT_EQ(roberta.width, 768);
  EXPECT_EQ(roberta.points[0].weights, "q,k,v");
  EXPECT_EQ(roberta.points[0].mean, 0.58);
  EXPECT_TRUE(std::isnan(roberta.points[0].low));
  EXPECT_EQ(read_published_curves(folder / "gpt2-e2e.csv").points.size(), 9u);
}

TEST(PublishedCurves, WithoutRemarksHaveTheNameOfTheirFile) {
  const testing::TempDir dir;
  const auto curves = read_published_curves(testing::write_text(
      dir.path() / "mine.csv", "kind,layer,weights,k,fidelity\ninput,0,o,4,0.5\n"));
  EXPECT_EQ(curves.name, "mine");
  EXPECT_EQ(curves.layers, 0);
  EXPECT_EQ(curves.points.size(), 1u);
}

TEST(PublishedCurves, BadFilesNameTheLine) {
  const testing::TempDir dir;
  const auto path = dir.path() / "p.csv";
  const auto message = [&](const std::string& content) {
    return testing::message_of<DataError>(
        [&] { read_published_curves(testing::write_text(path, content)); });
  };
  EXPECT_NE(message("layer,k\n").find(":1: header is 'layer,k'"), std::string::npos);
  EXPECT_NE(message("kind,layer,weights,k,fidelity\ninput,0,o,4,2\n").find(":2: fidelity: '2'"),
            std::string::npos);
  EXPECT_NE(message("# name: a\n# layers: x\n").find(":2: layers: 'x'"), std::string::npos);
  EXPECT_NE(message("# depth: 3\n").find(":1: '# depth': wanted"), std::string::npos);
  EXPECT_NE(message("# name: a\n").find("empty"), std::string::npos);
  EXPECT_NE(message("# name: a\nkind\n").find(":2: header"), std::string::npos);
}

TEST(CurveFigures, HoldPublishedPointsOfTheirKind) {
  CurveFigureOptions options;
  options.published.points = {{"input", 0, 3, "o", 0, 4, 0.6}};
  const auto figures = curve_figures(all_curves(4), options);
  ASSERT_EQ(figures.size(), 10u);
  for (const CurveFigure& each : figures) {
    const bool has = each.figure.series().back().points_only;
    EXPECT_EQ(has, each.name == "input-o") << each.name;
    EXPECT_EQ(each.figure.series().size(), has ? 6u : 5u);
  }
}

TEST(CurveFigures, StartAtZeroOnlyWhereValuesLieBelowTheReportsRange) {
  auto curves = all_curves(2);
  const auto expect_low_ends = [&](double wanted) {
    const auto figures = curve_figures(curves);
    for (const CurveFigure& each : figures) EXPECT_EQ(*each.figure.options().y_min, wanted);
  };
  expect_low_ends(0.2);
  curves.back().mean = 0.1;  // of the classifier, which has no figure
  expect_low_ends(0.2);
  curves.front().mean = 0.1;
  expect_low_ends(0.0);
}

TEST(CurveFigures, NameTheWeightsThatHaveNone) {
  EXPECT_EQ(weights_without_figure(all_curves(2)), std::vector<std::string>{"classifier.dense"});
}

TEST(CurvePoint, IntervalsAreCutToCosines) {
  CurvePoint point;
  set_interval(point, 0.9, 0.3);
  EXPECT_DOUBLE_EQ(point.low, 0.6);
  EXPECT_EQ(point.high, 1.0);
  set_interval(point, 0.9, NAN);
  EXPECT_EQ(point.mean, 0.9);
  EXPECT_TRUE(std::isnan(point.low) && std::isnan(point.high));
}

TEST(CurveFigures, TitlesAreThoseOfTheReport) {
  EXPECT_EQ(curve_axes("input", "q,k,v", 768).title, "Inputs of W_Q, W_K, W_V (768 dimensions)");
  EXPECT_EQ(curve_axes("input", "fc2", 3072).title, "Inputs of W_fc2 (3072 dimensions)");
  EXPECT_EQ(curve_axes("delta_output", "k", 768).title, "\u0394(outputs) of W_K (768 dimensions)");
}

TEST(CurveFigures, OneForEachKindOfPlace) {
  if (!have_gnuplot()) GTEST_SKIP() << "needs gnuplot";
  const testing::TempDir dir;
  write_curve_figures(dir.path() / "figures", curve_figures(all_curves(12)), {FigureFormat::kSvg});
  std::set<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(dir.path() / "figures"))
    names.insert(file.path().filename().string());
  EXPECT_EQ(names, (std::set<std::string>{
                       "input-q_k_v.svg", "input-o.svg", "input-fc1.svg", "input-fc2.svg",
                       "delta_output-q.svg", "delta_output-k.svg", "delta_output-v.svg",
                       "delta_output-o.svg", "delta_output-fc1.svg", "delta_output-fc2.svg"}));
  const std::string svg = read_file(dir.path() / "figures" / "delta_output-k.svg");
  EXPECT_NE(svg.find("\u0394(outputs) of W_K (768 dimensions)"), std::string::npos);
  for (const char* text : {"k = 4", "k = 64", "average cosine similarity", "layer"}) {
    EXPECT_NE(svg.find(text), std::string::npos) << text;
  }
}

TEST(CurveFigures, FolderThatCannotBeMadeIsAnError) {
  const testing::TempDir dir;
  std::ofstream(dir.path() / "file") << "x";
  EXPECT_THROW(write_curve_figures(dir.path() / "file" / "figures", {}, {}), DataError);
}

TEST(CurvesTable, HasARowForEachPlaceAndAColumnForEachK) {
  const Table table = curves_table(all_curves(2));
  EXPECT_EQ(table.rows(), 2u * 4 + 2 * 6 + 2);
  const std::string text = table.render();
  EXPECT_NE(text.find("k=64"), std::string::npos);
  EXPECT_NE(text.find("classifier.dense"), std::string::npos);
  EXPECT_NE(text.find("0.550"), std::string::npos);
}

}  // namespace
}  // namespace eida

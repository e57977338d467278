#include "compare.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "compared_run.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/run_folder.h"
#include "eida/report/figure.h"
#include "eida/report/page.h"
#include "eida/report/reproduction.h"
#include "eida/report/table.h"

namespace eida {
namespace {

/// The runs, the dimensions they share, and the places of the first.
struct Comparison {
  std::vector<ComparedRun> runs;
  std::vector<int64_t> dims;  ///< ascending
  int64_t largest() const { return dims.back(); }

  std::vector<CurvePoint> places() const {
    std::vector<CurvePoint> places;
    for (const CurvePoint& point : runs.front().points)
      if (point.k == largest()) places.push_back(point);
    return places;
  }
};

Comparison open_comparison(const std::vector<std::string>& folders) {
  Comparison comparison;
  for (const auto& folder : folders) comparison.runs.push_back(open_compared_run(folder));
  comparison.dims = common_dims(comparison.runs);
  return comparison;
}

/// Mean fidelity at the largest common k of every run, and the distance of each later run's
/// subspaces from the first's.
Table fidelity_table(const Comparison& comparison) {
  const auto& runs = comparison.runs;
  const int64_t k = comparison.largest();
  std::vector<std::string> header = {"kind", "layer", "weights"};
  for (const auto& run : runs) header.push_back(run.name);
  for (size_t r = 1; r < runs.size(); ++r) header.push_back(fmt::format("distance {}", r + 1));
  Table table(header, {Align::kLeft, Align::kRight, Align::kLeft});
  const auto places = comparison.places();
  for (const CurvePoint& place : places) {
    const PlaceKey key = place_key(place);
    std::vector<std::string> cells = {place.kind, std::to_string(place.layer), place.weights};
    for (const auto& run : runs) {
      const CurvePoint* point = run.find(key, k);
      cells.push_back(point == nullptr ? "-" : fmt::format("{:.3f}", point->mean));
    }
    for (size_t r = 1; r < runs.size(); ++r) {
      const auto relation = relate(runs.front(), runs[r], key, k);
      cells.push_back(relation ? fmt::format("{:.3f}", relation->distance()) : "-");
    }
    table.add_row(cells);
  }
  return table;
}

/// Principal angles between the first run's subspaces and every later one's, a place and k.
Table angle_table(const Comparison& comparison) {
  Table table({"kind", "layer", "weights", "k", "run", "mean angle", "largest angle", "overlap",
               "overlap by chance"},
              {Align::kLeft, Align::kRight, Align::kLeft, Align::kRight, Align::kLeft});
  const auto places = comparison.places();
  for (const CurvePoint& place : places) {
    for (const int64_t k : comparison.dims) {
      for (size_t r = 1; r < comparison.runs.size(); ++r) {
        const ComparedRun& other = comparison.runs[r];
        const auto relation = relate(comparison.runs.front(), other, place_key(place), k);
        if (!relation) continue;
        table.add_row(
            {place.kind, std::to_string(place.layer), place.weights, std::to_string(k), other.name,
             fmt::format("{:.2f}", relation->mean_degrees),
             fmt::format("{:.2f}", relation->largest_degrees),
             fmt::format("{:.4f}", relation->overlap),
             fmt::format("{:.4f}", static_cast<double>(k) / static_cast<double>(place.dim))});
      }
    }
  }
  return table;
}

/// One run's curve at one k over the layers of a kind of place.
Series overlay_series(const ComparedRun& run, size_t index, const CurvePoint& kind, int64_t k,
                      bool dashed) {
  static const std::vector<std::string> kColors = {"#0072b2", "#d55e00", "#009e73",
                                                   "#cc79a7", "#e69f00", "#56b4e9"};
  Series series;
  series.name = fmt::format("{}, k = {}", run.name, k);
  series.color = kColors[index % kColors.size()];
  series.dashed = dashed;
  for (const CurvePoint& point : run.points) {
    if (point.kind != kind.kind || point.weights != kind.weights || point.k != k) continue;
    series.x.push_back(static_cast<double>(point.layer));
    series.y.push_back(point.mean);
    series.low.push_back(point.low);
    series.high.push_back(point.high);
  }
  return series;
}

/// The runs' curves of one kind of place: the largest k, and the smallest dashed.
Figure overlay(const Comparison& comparison, const CurvePoint& kind, const ProbeOptions& options) {
  FigureOptions axes = curve_axes(kind.kind, kind.weights, kind.dim);
  axes.width = static_cast<int>(options.figure_size[0]);
  axes.height = static_cast<int>(options.figure_size[1]);
  Figure figure(axes);
  for (size_t r = 0; r < comparison.runs.size(); ++r) {
    const ComparedRun& run = comparison.runs[r];
    figure.add(overlay_series(run, r, kind, comparison.largest(), false));
    if (comparison.dims.size() > 1)
      figure.add(overlay_series(run, r, kind, comparison.dims.front(), true));
  }
  return figure;
}

/// One figure for each kind of place that has several layers.
std::vector<CurveFigure> overlays(const Comparison& comparison, const ProbeOptions& options) {
  std::vector<CurveFigure> figures;
  std::set<std::string> done;
  const auto places = comparison.places();
  for (const CurvePoint& place : places) {
    const std::string name = curve_file_name(place.kind, place.weights);
    const auto same_kind = std::count_if(places.begin(), places.end(), [&](const auto& other) {
      return other.kind == place.kind && other.weights == place.weights;
    });
    if (same_kind < 2 || !done.insert(name).second) continue;
    figures.push_back({place.kind, place.weights, name, overlay(comparison, place, options)});
  }
  return figures;
}

Page comparison_page(const Comparison& comparison, const std::vector<CurveFigure>& overlays,
                     const Table& fidelity, const Table& angles, const Manifest& manifest) {
  Page page({fmt::format("{} probes compared", comparison.runs.size()),
             "Curves of several runs in one picture, and the angles between their subspaces.", 0});
  const int64_t largest = comparison.largest(), smallest = comparison.dims.front();
  const std::string lines =
      largest == smallest ? "" : fmt::format(" Solid: k = {}, dashed: k = {}.", largest, smallest);
  page.add_section(
      "Curves",
      "Mean cosine of held-out vectors with their projection; bands are 95 % intervals "
      "over each run's repeats." +
          lines);
  std::vector<Figure> figures;
  for (const CurveFigure& each : overlays) figures.push_back(each.figure);
  page.add_figures(std::move(figures));
  page.add_table(fmt::format("Mean fidelity at k = {}; distance of subspaces from the first run's, "
                             "0 equal, 1 orthogonal",
                             comparison.largest()),
                 fidelity);
  page.add_section("Angles between subspaces",
                   "Principal angles to the first run's subspace, in degrees. Overlap is the share "
                   "of one projector that the other holds: 1 if equal, k / d for random ones.");
  if (angles.rows() == 0) {
    page.add_notice("No two runs kept subspaces of equal size: probe with --save-subspaces.");
  } else {
    page.add_table("Principal angles, a place and k", angles);
  }
  add_reproduction(page, manifest);
  return page;
}

Manifest comparison_manifest(const ParsedCommand& command) {
  Manifest manifest;
  manifest.program = "eida-probe compare";
  manifest.command_line = command.command_line;
  for (const auto& run : command.arguments) {
    for (const char* name : {"curves.csv", "subspaces.safetensors"}) {
      const auto file = std::filesystem::path(run) / name;
      if (std::filesystem::exists(file)) manifest.inputs.push_back(describe_input(file));
    }
  }
  return manifest;
}

void write_comparison(const ParsedCommand& command, const Comparison& comparison,
                      const Table& fidelity) {
  RunFolderOptions options;
  options.overwrite = command.overwrite;
  options.inputs.assign(command.arguments.begin(), command.arguments.end());
  RunFolder folder(command.config.run.output, options);
  const Manifest manifest = comparison_manifest(command);
  const Table angles = angle_table(comparison);
  write_file_atomic(folder.file("comparison.csv"), fidelity.csv());
  write_file_atomic(folder.file("angles.csv"), angles.csv());
  const ProbeOptions& probe = command.config.probe;
  const std::vector<CurveFigure> figures = overlays(comparison, probe);
  write_curve_figures(folder.path() / "figures", figures, probe.figure_formats);
  comparison_page(comparison, figures, fidelity, angles, manifest)
      .write(folder.file("report.html"));
  folder.finish(manifest);
  spdlog::info("comparison: {}", (folder.path() / "report.html").string());
}

}  // namespace

int run_compare(const ParsedCommand& command) {
  const Comparison comparison = open_comparison(command.arguments);
  const Table table = fidelity_table(comparison);
  fmt::print("mean fidelity at k = {}; distance of each later run's subspaces from the first's\n{}",
             comparison.largest(), table.render(stdout_style()));
  if (!command.config.run.output.empty()) write_comparison(command, comparison, table);
  return 0;
}

}  // namespace eida

// eida-probe compare: curves of several runs side by side.
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <set>

#include "comparison.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/report/figure.h"
#include "eida/report/page.h"
#include "eida/report/table.h"
#include "eida/run/run.h"

namespace eida {
namespace {

constexpr const char* kDistance =
    "distance of a run's subspaces from the first run's: 0 equal, 1 orthogonal";

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

std::string text_of_differences(const Comparison& comparison) {
  const auto names = differing_facts(comparison);
  return names.empty() ? "The runs differ in nothing that is listed here."
                       : fmt::format("The runs differ in: {}.", fmt::join(names, ", "));
}

void add_runs(Page& page, const Comparison& comparison) {
  page.add_section("What was run", text_of_differences(comparison));
  int64_t fewest = comparison.runs.front().repeats;
  for (const ComparedRun& run : comparison.runs) {
    add_weights_notice(
        page, run.weights, run.name + " is a control, not a result.", run.random_tensors,
        run.name + ": Δ(outputs) are those of a model before its first training step.");
    fewest = std::min(fewest, run.repeats);
  }
  add_repeats_notice(page, fewest);
  page.add_table("The runs", fact_table(comparison));
}

Page comparison_page(const Comparison& comparison, const std::vector<CurveFigure>& overlays,
                     const Manifest& manifest) {
  Page page({fmt::format("{} probes compared", comparison.runs.size()),
             "Curves of several runs in one picture, and the angles between their subspaces.", 0});
  add_runs(page, comparison);
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
  page.add_table(fmt::format("Mean fidelity at k = {}; {}", comparison.largest(), kDistance),
                 fidelity_table(comparison));
  page.add_section("Angles between subspaces",
                   "Principal angles to the first run's subspace, in degrees. Overlap is the share "
                   "of one projector that the other holds: 1 if equal, k / d for random ones.");
  if (comparison.relations.empty()) {
    page.add_notice("No two runs kept subspaces of equal size: probe with --save-subspaces.");
  } else {
    page.add_table("Principal angles, a place and k", angle_table(comparison));
  }
  add_reproduction(page, manifest);
  return page;
}

Manifest comparison_manifest(const ParsedCommand& command) {
  Manifest manifest;
  manifest.program = "eida-probe compare";
  manifest.command_line = command.command_line;
  for (const auto& run : command.arguments) {
    for (const char* name :
         {"curves.csv", "probe.json", "manifest.json", "subspaces.safetensors"}) {
      const auto file = std::filesystem::path(run) / name;
      if (std::filesystem::exists(file)) manifest.inputs.push_back(describe_input(file));
    }
  }
  return manifest;
}

void write_comparison(const ParsedCommand& command, RunFolder& folder,
                      const Comparison& comparison) {
  const Manifest manifest = comparison_manifest(command);
  write_file_atomic(folder.file("comparison.csv"), comparison_csv(comparison));
  write_file_atomic(folder.file("angles.csv"), angles_csv(comparison));
  const ProbeOptions& probe = command.config.probe;
  const std::vector<CurveFigure> figures = overlays(comparison, probe);
  write_curve_figures(folder.path() / "figures", figures, probe.figure_formats);
  comparison_page(comparison, figures, manifest).write(folder.file("report.html"));
  folder.finish(manifest);
  spdlog::info("comparison: {}", (folder.path() / "report.html").string());
}

}  // namespace

int run_compare(const ParsedCommand& command, const Communicator& processes) {
  const Run run(command, processes, {command.arguments.begin(), command.arguments.end()});
  const Comparison comparison = open_comparison(command.arguments);
  spdlog::info("{}", text_of_differences(comparison));
  fmt::print("mean fidelity at k = {}; {}\n{}", comparison.largest(), kDistance,
             fidelity_table(comparison).render(stdout_style()));
  if (const auto folder = run.make_folder()) write_comparison(command, *folder, comparison);
  return 0;
}

}  // namespace eida

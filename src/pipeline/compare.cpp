#include "compare.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/run_folder.h"
#include "eida/report/curves.h"
#include "eida/report/figure.h"
#include "eida/report/table.h"
#include "eida/subspace/subspace.h"
#include "eida/tensor/safetensors.h"

namespace eida {
namespace {

using PlaceKey = std::pair<std::string, int64_t>;  // kind, place

/// One run's curves, and its subspaces where it kept them.
struct ComparedRun {
  std::string name;
  std::map<PlaceKey, CurveRow> label;                       ///< any row of the place
  std::map<std::pair<PlaceKey, int64_t>, double> fidelity;  ///< mean over repeats
  std::unique_ptr<SafetensorsFile> subspaces;
};

ComparedRun open_run(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "INCOMPLETE")) {
    throw DataError("{}: the run did not finish (hint: its file INCOMPLETE says why)",
                    folder.string());
  }
  ComparedRun run;
  run.name = folder.lexically_normal().string();
  std::map<std::pair<PlaceKey, int64_t>, std::pair<double, int>> sums;
  for (const CurveRow& row : read_curves_csv(folder / "curves.csv")) {
    const PlaceKey key{row.kind, row.place};
    run.label[key] = row;
    auto& [sum, count] = sums[{key, row.k}];
    if (std::isfinite(row.fidelity)) {
      sum += row.fidelity;
      ++count;
    }
  }
  for (const auto& [key, sum] : sums) run.fidelity[key] = sum.first / sum.second;
  const auto file = folder / "subspaces.safetensors";
  if (std::filesystem::exists(file)) run.subspaces = std::make_unique<SafetensorsFile>(file);
  return run;
}

int64_t largest_common_k(const std::vector<ComparedRun>& runs) {
  std::set<int64_t> common;
  for (const auto& [key, value] : runs.front().fidelity) common.insert(key.second);
  for (const auto& run : runs) {
    std::set<int64_t> own;
    for (const auto& [key, value] : run.fidelity) own.insert(key.second);
    std::erase_if(common, [&](int64_t k) { return !own.contains(k); });
  }
  if (common.empty())
    throw DataError("the runs have no k in common (hint: probe with equal --dims)");
  return *common.rbegin();
}

/// Distance of the projectors of two runs at one place: 0 equal, 1 orthogonal; nullopt where not
/// kept.
std::optional<double> distance(const ComparedRun& a, const ComparedRun& b, const PlaceKey& place,
                               int64_t k) {
  if (!a.subspaces || !b.subspaces) return std::nullopt;
  const std::string name = place.first + "." + std::to_string(place.second) + ".basis";
  const auto* in_a = a.subspaces->find(name);
  const auto* in_b = b.subspaces->find(name);
  if (in_a == nullptr || in_b == nullptr) return std::nullopt;
  const at::Tensor basis_a = a.subspaces->tensor(*in_a), basis_b = b.subspaces->tensor(*in_b);
  if (basis_a.size(1) != basis_b.size(1) || basis_a.size(0) < k || basis_b.size(0) < k)
    return std::nullopt;
  return projector_distance(basis_a.narrow(0, 0, k), basis_b.narrow(0, 0, k));
}

Table comparison_table(const std::vector<ComparedRun>& runs, int64_t k) {
  std::vector<std::string> header = {"kind", "layer", "weights"};
  for (const auto& run : runs) header.push_back(run.name);
  for (size_t r = 1; r < runs.size(); ++r) header.push_back(fmt::format("distance {}", r + 1));
  Table table(header, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const auto& [key, label] : runs.front().label) {
    std::vector<std::string> cells = {label.kind, std::to_string(label.layer), label.weights};
    for (const auto& run : runs) {
      const auto found = run.fidelity.find({key, k});
      cells.push_back(found == run.fidelity.end() ? "-" : fmt::format("{:.3f}", found->second));
    }
    for (size_t r = 1; r < runs.size(); ++r) {
      const auto apart = distance(runs.front(), runs[r], key, k);
      cells.push_back(apart ? fmt::format("{:.3f}", *apart) : "-");
    }
    table.add_row(cells);
  }
  return table;
}

/// One chart for each kind of place: layer on x, one line a run.
void draw_overlays(const std::filesystem::path& folder, const std::vector<ComparedRun>& runs,
                   int64_t k) {
  static const std::vector<std::string> kColors = {"#0072b2", "#d55e00", "#009e73",
                                                   "#cc79a7", "#e69f00", "#56b4e9"};
  std::map<std::tuple<std::string, std::string, int64_t>, std::vector<PlaceKey>> panels;
  for (const auto& [key, label] : runs.front().label)
    panels[{label.kind, label.weights, label.dim}].push_back(key);
  for (const auto& [panel, places] : panels) {
    const auto& [kind, weights, dim] = panel;
    if (places.size() < 2) continue;  // a head is one point
    FigureOptions options;
    options.title = curve_title(kind, weights, dim) + fmt::format(", k = {}", k);
    options.x_label = "layer";
    options.y_label = "average cosine similarity";
    options.y_max = 1.0;
    options.integer_x = true;
    Figure figure(options);
    for (size_t r = 0; r < runs.size(); ++r) {
      Series series{runs[r].name, kColors[r % kColors.size()], {}, {}, {}, {}, r >= kColors.size()};
      for (const auto& key : places) {
        const auto found = runs[r].fidelity.find({key, k});
        if (found == runs[r].fidelity.end()) continue;
        series.x.push_back(static_cast<double>(runs.front().label.at(key).layer));
        series.y.push_back(found->second);
      }
      figure.add(series);
    }
    std::string name = kind + "-" + weights;
    std::replace(name.begin(), name.end(), ',', '_');
    figure.write(folder / (name + ".svg"));
  }
}

}  // namespace

int run_compare(const ParsedCommand& command) {
  std::vector<ComparedRun> runs;
  for (const auto& folder : command.arguments) runs.push_back(open_run(folder));
  const int64_t k = largest_common_k(runs);
  const Table table = comparison_table(runs, k);
  fmt::print("mean fidelity at k = {}; distance of each later run's subspaces from the first's\n{}",
             k, table.render(stdout_style()));
  if (command.config.run.output.empty()) return 0;
  RunFolderOptions options;
  options.overwrite = command.overwrite;
  options.inputs.assign(command.arguments.begin(), command.arguments.end());
  RunFolder folder(command.config.run.output, options);
  write_file_atomic(folder.file("comparison.csv"), table.csv());
  std::filesystem::create_directories(folder.path() / "figures");
  draw_overlays(folder.path() / "figures", runs, k);
  Manifest manifest;
  manifest.program = "eida-probe compare";
  manifest.command_line = command.command_line;
  for (const auto& run : command.arguments) {
    manifest.inputs.push_back(describe_input(std::filesystem::path(run) / "curves.csv"));
  }
  folder.finish(manifest);
  spdlog::info("comparison: {}", folder.path().string());
  return 0;
}

}  // namespace eida

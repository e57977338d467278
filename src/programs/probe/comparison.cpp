#include "comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "eida/core/csv.h"
#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/measure/measure.h"
#include "eida/report/page.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSubspaces = "subspaces.safetensors";

bool same_place(const CurvePoint& a, const CurvePoint& b) {
  return a.layer == b.layer && a.kind == b.kind && a.weights == b.weights;
}

std::string text_at(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

nlohmann::json object_in(const fs::path& file) {
  nlohmann::json json = nlohmann::json::object();
  if (fs::exists(file)) json = read_json(file);
  if (!json.is_object()) throw DataError("{}: not a JSON object", file.string());
  return json;
}

/// What probe.json and manifest.json say of the run.
void read_facts(ComparedRun& run, const fs::path& folder) {
  const nlohmann::json probe = object_in(folder / "probe.json");
  const nlohmann::json manifest = object_in(folder / "manifest.json");
  run.weights = text_at(probe, "weights");
  if (const auto names = probe.find("random_tensors"); names != probe.end() && names->is_array()) {
    for (const auto& name : *names)
      if (name.is_string()) run.random_tensors.push_back(name.get<std::string>());
  }
  run.facts = {{"model", text_at(probe, "model")},
               {"architecture", text_at(probe, "model_type")},
               {"weights", weights_text(run.weights, run.random_tensors)},
               {"task", text_at(probe, "task")},
               {"data", text_at(probe, "train")},
               {"estimator", text_at(probe, "estimator")},
               {"seed", text_at(manifest, "seed")},
               {"dimensions k", text_at(probe, "dims")},
               {"repeats", text_at(probe, "repeats")},
               {"examples sampled", text_at(probe, "examples")},
               {"examples held out", text_at(probe, "heldout_examples")},
               {"device", text_at(manifest, "device")},
               {"version", text_at(manifest, "version")}};
}

/// Means and intervals of each place and k over the repeats that measured it.
void read_curves(ComparedRun& run, const fs::path& file) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  std::vector<std::vector<double>> values;  // of each point
  for (const CurveRow& row : read_curves_csv(file)) {
    const CurvePoint point{row.kind, row.place, row.layer, row.weights, row.dim, row.k};
    const CurvePoint* known = run.find(point, row.k);
    const auto at =
        static_cast<size_t>(known != nullptr ? known - run.points.data() : std::ssize(run.points));
    if (known == nullptr) {
      run.points.push_back(point);
      values.emplace_back();
    }
    if (std::isfinite(row.fidelity)) values[at].push_back(row.fidelity);
    run.repeats = std::max(run.repeats, row.repeat + 1);
  }
  for (size_t i = 0; i < values.size(); ++i) {
    MeanInterval interval{kNaN, std::nullopt};
    if (!values[i].empty()) interval = mean_interval(values[i]);
    set_interval(run.points[i], interval.mean, interval.half.value_or(kNaN));
  }
}

/// \throws DataError the run did not finish, or its files are not sound
ComparedRun open_compared_run(const fs::path& folder) {
  if (fs::exists(folder / "INCOMPLETE")) {
    throw DataError("{}: the run did not finish (hint: its file INCOMPLETE says why)",
                    folder.string());
  }
  const auto curves = folder / "curves.csv", subspaces = folder / kSubspaces;
  if (fs::is_directory(folder) && !fs::exists(curves))
    throw DataError("{}: is not a probe's run folder (no curves.csv)", folder.string());
  ComparedRun run;
  run.name = folder.lexically_normal().string();
  read_facts(run, folder);
  read_curves(run, curves);
  if (fs::exists(subspaces)) run.subspaces = std::make_unique<SafetensorsFile>(subspaces);
  return run;
}

/// Dimensions that every run measured, ascending. \throws DataError there is none
std::vector<int64_t> common_dims(const std::vector<ComparedRun>& runs) {
  std::set<int64_t> common;
  for (const CurvePoint& point : runs.front().points) common.insert(point.k);
  for (const ComparedRun& run : runs) {
    std::erase_if(common, [&](int64_t k) {
      return std::none_of(run.points.begin(), run.points.end(),
                          [k](const CurvePoint& point) { return point.k == k; });
    });
  }
  if (common.empty())
    throw DataError("the runs have no k in common (hint: probe with equal --dims)");
  return {common.begin(), common.end()};
}

/// The first k rows of a place's basis; undefined where the run has none or fewer.
at::Tensor basis_of(const ComparedRun& run, const CurvePoint& place, int64_t k) {
  const CurvePoint* point = run.find(place, k);
  if (point == nullptr || !run.subspaces) return {};
  const auto* stored =
      run.subspaces->find(point->kind + "." + std::to_string(point->place) + ".basis");
  if (stored == nullptr) return {};
  const at::Tensor basis = run.subspaces->tensor(*stored);  // [largest k, d]
  if (basis.dim() != 2 || basis.size(0) < k) return {};
  if (!basis.isfinite().all().item<bool>()) {
    throw FormatError("{}: tensor '{}' is not finite", (fs::path(run.name) / kSubspaces).string(),
                      stored->name);
  }
  return basis.narrow(0, 0, k);
}

std::string number(double value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

double overlap_by_chance(const PlaceRelation& at) {
  return static_cast<double>(at.k) / static_cast<double>(at.place.dim);
}

bool differs(const Comparison& comparison, size_t fact) {
  const auto& runs = comparison.runs;
  return std::any_of(runs.begin(), runs.end(), [&](const ComparedRun& run) {
    return run.facts[fact].second != runs.front().facts[fact].second;
  });
}

}  // namespace

const CurvePoint* ComparedRun::find(const CurvePoint& place, int64_t k) const {
  const auto found = std::find_if(points.begin(), points.end(), [&](const CurvePoint& point) {
    return point.k == k && same_place(point, place);
  });
  return found == points.end() ? nullptr : &*found;
}

std::vector<CurvePoint> Comparison::places() const {
  std::vector<CurvePoint> places;
  for (const CurvePoint& point : runs.front().points)
    if (point.k == largest()) places.push_back(point);
  return places;
}

Comparison open_comparison(const std::vector<std::string>& folders) {
  Comparison comparison;
  for (const auto& folder : folders) comparison.runs.push_back(open_compared_run(folder));
  const auto& runs = comparison.runs;
  comparison.dims = common_dims(runs);
  for (const CurvePoint& place : comparison.places()) {
    for (const int64_t k : comparison.dims) {
      const at::Tensor first = basis_of(runs.front(), place, k);
      for (size_t r = 1; r < runs.size(); ++r) {
        const at::Tensor later = basis_of(runs[r], place, k);
        if (first.defined() && later.defined() && first.size(1) == later.size(1))
          comparison.relations.push_back({place, k, r, relate(first, later)});
      }
    }
  }
  return comparison;
}

std::vector<std::string> differing_facts(const Comparison& comparison) {
  std::vector<std::string> names;
  const auto& facts = comparison.runs.front().facts;
  for (size_t i = 0; i < facts.size(); ++i)
    if (differs(comparison, i)) names.push_back(facts[i].first);
  return names;
}

Table fact_table(const Comparison& comparison) {
  std::vector<std::string> header = {"setting", ""};
  for (const auto& run : comparison.runs) header.push_back(run.name);
  Table table(header, std::vector<Align>(header.size(), Align::kLeft));
  const auto& facts = comparison.runs.front().facts;
  for (size_t i = 0; i < facts.size(); ++i) {
    std::vector<std::string> cells = {facts[i].first, differs(comparison, i) ? "differs" : ""};
    for (const auto& run : comparison.runs) cells.push_back(run.facts[i].second);
    table.add_row(cells);
  }
  return table;
}

Table fidelity_table(const Comparison& comparison) {
  const auto& runs = comparison.runs;
  const int64_t k = comparison.largest();
  std::vector<std::string> header = {"kind", "layer", "weights"};
  for (const auto& run : runs) header.push_back(run.name);
  for (size_t r = 1; r < runs.size(); ++r) header.push_back("distance of " + runs[r].name);
  Table table(header, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const CurvePoint& place : comparison.places()) {
    std::vector<std::string> cells = {place.kind, std::to_string(place.layer), place.weights};
    for (const auto& run : runs) {
      const CurvePoint* point = run.find(place, k);
      cells.push_back(point == nullptr ? "-" : fmt::format("{:.3f}", point->mean));
    }
    cells.resize(header.size(), "-");
    for (const PlaceRelation& at : comparison.relations) {
      if (at.k == k && same_place(at.place, place))
        cells[2 + runs.size() + at.run] = fmt::format("{:.3f}", at.relation.distance());
    }
    table.add_row(cells);
  }
  return table;
}

Table angle_table(const Comparison& comparison) {
  Table table({"kind", "layer", "weights", "k", "run", "mean angle", "largest angle", "overlap",
               "overlap by chance"},
              {Align::kLeft, Align::kRight, Align::kLeft, Align::kRight, Align::kLeft});
  for (const PlaceRelation& at : comparison.relations) {
    const auto& [place, k, run, relation] = at;
    table.add_row({place.kind, std::to_string(place.layer), place.weights, std::to_string(k),
                   comparison.runs[run].name, fmt::format("{:.2f}", relation.mean_degrees),
                   fmt::format("{:.2f}", relation.largest_degrees),
                   fmt::format("{:.4f}", relation.overlap),
                   fmt::format("{:.4f}", overlap_by_chance(at))});
  }
  return table;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string text =
      "kind,place,layer,weights,dim,k,run,repeats,fidelity,fidelity_low,fidelity_high\n";
  for (const ComparedRun& run : comparison.runs) {
    for (const CurvePoint& point : run.points) {
      if (std::count(comparison.dims.begin(), comparison.dims.end(), point.k) == 0) continue;
      text += join_csv_row({point.kind, std::to_string(point.place), std::to_string(point.layer),
                            point.weights, std::to_string(point.dim), std::to_string(point.k),
                            run.name, std::to_string(run.repeats), number(point.mean),
                            number(point.low), number(point.high)}) +
              "\n";
    }
  }
  return text;
}

std::string angles_csv(const Comparison& comparison) {
  std::string text =
      "kind,place,layer,weights,dim,k,run,from_run,mean_degrees,largest_degrees,overlap,"
      "overlap_by_chance,distance\n";
  const auto& runs = comparison.runs;
  for (const PlaceRelation& at : comparison.relations) {
    const auto& [place, k, run, relation] = at;
    text += join_csv_row({place.kind, std::to_string(place.place), std::to_string(place.layer),
                          place.weights, std::to_string(place.dim), std::to_string(k),
                          runs[run].name, runs.front().name, number(relation.mean_degrees),
                          number(relation.largest_degrees), number(relation.overlap),
                          number(overlap_by_chance(at)), number(relation.distance())}) +
            "\n";
  }
  return text;
}

}  // namespace eida

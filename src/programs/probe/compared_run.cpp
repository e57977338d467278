#include "compared_run.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/measure/measure.h"
#include "eida/report/page.h"

namespace eida {
namespace {

/// Mean and interval of one place and k over the repeats that measured it.
CurvePoint over_repeats(const CurveRow& row, const std::vector<double>& values) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  CurvePoint point{row.kind, row.place, row.layer, row.weights, row.dim, row.k};
  set_interval(point, kNaN, kNaN);
  if (values.empty()) return point;
  const MeanInterval interval = mean_interval(values);
  set_interval(point, interval.mean, interval.half.value_or(kNaN));
  return point;
}

std::string text_at(const nlohmann::json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

nlohmann::json object_in(const std::filesystem::path& file) {
  nlohmann::json json = nlohmann::json::object();
  if (std::filesystem::exists(file)) json = read_json(file);
  if (!json.is_object()) throw DataError("{}: not a JSON object", file.string());
  return json;
}

/// What probe.json and manifest.json say of the run.
void read_facts(ComparedRun& run, const std::filesystem::path& folder) {
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

/// The first k rows of a place's basis; undefined where the run has none or fewer.
at::Tensor basis_of(const ComparedRun& run, const PlaceKey& place, int64_t k) {
  const CurvePoint* point = run.find(place, k);
  if (point == nullptr || !run.subspaces) return {};
  const auto* stored =
      run.subspaces->find(point->kind + "." + std::to_string(point->place) + ".basis");
  if (stored == nullptr) return {};
  const at::Tensor basis = run.subspaces->tensor(*stored);  // [largest k, d]
  return basis.dim() == 2 && basis.size(0) >= k ? basis.narrow(0, 0, k) : at::Tensor();
}

}  // namespace

PlaceKey place_key(const CurvePoint& point) { return {point.kind, point.layer, point.weights}; }

const CurvePoint* ComparedRun::find(const PlaceKey& place, int64_t k) const {
  const auto found = index.find({place, k});
  return found == index.end() ? nullptr : &points[found->second];
}

ComparedRun open_compared_run(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / "INCOMPLETE")) {
    throw DataError("{}: the run did not finish (hint: its file INCOMPLETE says why)",
                    folder.string());
  }
  const auto curves = folder / "curves.csv";
  if (std::filesystem::is_directory(folder) && !std::filesystem::exists(curves))
    throw DataError("{}: is not a probe's run folder (no curves.csv)", folder.string());
  ComparedRun run;
  run.name = folder.lexically_normal().string();
  read_facts(run, folder);
  std::map<std::pair<PlaceKey, int64_t>, std::vector<double>> values;
  std::vector<CurveRow> firsts;
  for (const CurveRow& row : read_curves_csv(curves)) {
    const auto [at, added] = values.try_emplace({{row.kind, row.layer, row.weights}, row.k});
    if (added) firsts.push_back(row);
    run.repeats = std::max(run.repeats, row.repeat + 1);
    if (std::isfinite(row.fidelity)) at->second.push_back(row.fidelity);
  }
  for (const CurveRow& row : firsts) {
    const std::pair<PlaceKey, int64_t> key{{row.kind, row.layer, row.weights}, row.k};
    run.index[key] = run.points.size();
    run.points.push_back(over_repeats(row, values.at(key)));
  }
  const auto file = folder / "subspaces.safetensors";
  if (std::filesystem::exists(file)) run.subspaces = std::make_unique<SafetensorsFile>(file);
  return run;
}

std::vector<int64_t> common_dims(const std::vector<ComparedRun>& runs) {
  const auto dims_of = [](const ComparedRun& run) {
    std::set<int64_t> dims;
    for (const CurvePoint& point : run.points) dims.insert(point.k);
    return dims;
  };
  std::set<int64_t> common = dims_of(runs.front());
  for (const ComparedRun& run : runs) {
    const std::set<int64_t> own = dims_of(run);
    std::erase_if(common, [&](int64_t k) { return !own.contains(k); });
  }
  if (common.empty())
    throw DataError("the runs have no k in common (hint: probe with equal --dims)");
  return {common.begin(), common.end()};
}

std::optional<SubspaceRelation> relate(const ComparedRun& a, const ComparedRun& b,
                                       const PlaceKey& place, int64_t k) {
  const at::Tensor basis_a = basis_of(a, place, k), basis_b = basis_of(b, place, k);
  if (!basis_a.defined() || !basis_b.defined() || basis_a.size(1) != basis_b.size(1))
    return std::nullopt;
  return relate(basis_a, basis_b);
}

}  // namespace eida

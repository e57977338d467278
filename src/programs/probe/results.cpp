#include "results.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "eida/core/error.h"
#include "eida/report/probe_report.h"
#include "eida/run/open.h"
#include "eida/tensor/safetensors.h"

namespace eida {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// A number of a place, or one a dimension, out of one repeat.
using Number = std::function<std::optional<double>(const PlaceMeasure&)>;
using Numbers = std::function<std::vector<double>(const PlaceMeasure&)>;

nlohmann::ordered_json to_json(const std::optional<MeanInterval>& interval) {
  if (!interval) return nullptr;
  nlohmann::ordered_json json = {{"mean", interval->mean}};
  json["half_interval_95"] = interval->half ? nlohmann::ordered_json(*interval->half) : nullptr;
  return json;
}

nlohmann::ordered_json by_dimension(const ProbeResults& results, PlaceId place,
                                    const Numbers& numbers) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (size_t i = 0; i < results.dims.size(); ++i) {
    const Number ith = [&](const PlaceMeasure& measure) -> std::optional<double> {
      const auto values = numbers(measure);
      return i < values.size() ? std::optional(values[i]) : std::nullopt;
    };
    json[std::to_string(results.dims[i])] = to_json(over_repeats(results.repeats, place, ith));
  }
  return json;
}

int64_t total(const ProbeResults& results, PlaceId place, int64_t (*count)(const PlaceMeasure&)) {
  int64_t sum = 0;
  for (const auto& repeat : results.repeats) sum += count(repeat[place]);
  return sum;
}

/// What the sketches of a place may have missed: the largest of each bound over the repeats; null
/// where there was none.
nlohmann::ordered_json sketch_json(const ProbeResults& results, PlaceId place) {
  SketchBound worst;
  for (const auto& repeat : results.repeats) {
    SketchBound::each_number([&](const char*, auto field) {
      worst.*field = std::max(worst.*field, repeat[place].sketch.*field);
    });
  }
  if (worst.rows == 0) return nullptr;
  nlohmann::ordered_json json;
  SketchBound::each_number([&](const char* name, auto field) { json[name] = worst.*field; });
  return json;
}

nlohmann::ordered_json measured_json(const ProbeResults& results, const RankPlan& plan,
                                     PlaceId place) {
  const auto number = [&](const Number& pick) {
    return to_json(over_repeats(results.repeats, place, pick));
  };
  const auto numbers = [&](const Numbers& pick) { return by_dimension(results, place, pick); };
  nlohmann::ordered_json json = place_json(results.places[place]);
  json["samples"] = total(results, place, [](const PlaceMeasure& m) { return m.samples; });
  json["heldout"] = total(results, place, [](const PlaceMeasure& m) { return m.fidelity.tokens; });
  json["zero_vectors"] =
      total(results, place, [](const PlaceMeasure& m) { return m.fidelity.zero_vectors; });
  json["repeats_with_mean_in_row0"] = total(results, place, [](const PlaceMeasure& m) {
    return m.mean_in_row0 ? int64_t{1} : int64_t{0};
  });
  json["fidelity"] = numbers([](const PlaceMeasure& m) { return m.fidelity.mean; });
  json["centred_fidelity"] = numbers([](const PlaceMeasure& m) { return m.centred_fidelity.mean; });
  json["explained"] = numbers([](const PlaceMeasure& m) { return m.explained; });
  json["mean_direction_energy_share"] = number([](const PlaceMeasure& m) { return m.mean.energy; });
  json["mean_direction_cosine"] = number([](const PlaceMeasure& m) { return m.mean.cosine; });
  json["pair_cosine"] = number([](const PlaceMeasure& m) { return m.pair_cosine; });
  json["participation_ratio"] = number([](const PlaceMeasure& m) { return m.participation_ratio; });
  json["two_nn_dimension"] = number([](const PlaceMeasure& m) { return m.intrinsic.two_nn; });
  json["mle_dimension"] = number([](const PlaceMeasure& m) { return m.intrinsic.mle; });
  if (results.places[place].is_site())
    json["gradient_capture"] = numbers([](const PlaceMeasure& m) { return m.capture.shares(); });
  const auto sketch = sketch_json(results, place);
  if (!sketch.is_null()) json["sketch"] = sketch;
  json["rank"] = plan.ranks[place];
  json["rank_reason"] = plan.reasons.empty() ? "" : plan.reasons[place];
  return json;
}

}  // namespace

nlohmann::ordered_json place_json(const Place& place) {
  return {{"kind", place.kind_name()}, {"place", place.index},  {"name", place.name},
          {"layer", place.layer},      {"weights", place.role}, {"dim", place.dim}};
}

std::vector<CurveRow> curve_rows(const ProbeResults& results) {
  std::vector<CurveRow> rows;
  for (PlaceId place = 0; place < results.places.size(); ++place) {
    const Place& label = results.places[place];
    for (size_t i = 0; i < results.dims.size(); ++i) {
      for (size_t r = 0; r < results.repeats.size(); ++r) {
        const PlaceMeasure& measure = results.repeats[r][place];
        rows.push_back({label.kind_name(), label.index, label.layer, label.role, label.dim,
                        results.dims[i], static_cast<int64_t>(r),
                        measure.fidelity.tokens > 0 ? measure.fidelity.mean[i] : kNaN,
                        measure.samples, measure.fidelity.tokens});
      }
    }
  }
  return rows;
}

nlohmann::ordered_json probe_json(const ProbeResults& results, const RankPlan& plan,
                                  const Config& config, const PretrainedModel& model) {
  nlohmann::ordered_json json;
  json["model"] = config.model.path.string();
  json["model_type"] = model.config().model_type;
  json["weights"] = weights_origin(config);
  json["random_tensors"] = model.newly_initialised();
  const auto name = model.config().original->value("_name_or_path", nlohmann::json());
  json["name_or_path"] = name.is_string() ? name : nlohmann::json();
  json["task"] = *config.data.task;
  json["train"] = config.data.train.string();
  const EstimatorKind input = config.subspace.at_inputs(), output = config.subspace.at_outputs();
  json["estimator"] = input == output ? std::string(to_string(input))
                                      : fmt::format("{} at inputs, {} at outputs", input, output);
  json["dims"] = results.dims;
  json["repeats"] = results.repeats.size();
  json["examples"] = config.sampling.examples;
  json["heldout_examples"] = config.probe.heldout;
  json["rank_rule"] = plan.rule;
  json["seconds"] = {{"sampling", results.sampling_seconds},
                     {"estimation", results.estimation_seconds},
                     {"heldout", results.heldout_seconds}};
  json["places"] = nlohmann::ordered_json::array();
  for (PlaceId place = 0; place < results.places.size(); ++place) {
    json["places"].push_back(measured_json(results, plan, place));
  }
  return json;
}

void write_subspaces(const std::filesystem::path& file, const Places& places,
                     const PerPlace<Subspace>& subspaces) {
  std::vector<NamedTensor> tensors;
  for (const Place& place : places) {
    const Subspace& subspace = subspaces[places.id_of(place)];
    const std::string name = fmt::format("{}.{}", place.kind_name(), place.index);
    tensors.push_back({name + ".basis", subspace.basis});
    if (subspace.scale.defined())
      tensors.push_back({name + ".scale", subspace.scale.to(at::kFloat)});
  }
  write_safetensors(file, tensors, {{"format", "pt"}});
}

std::string probe_text(const nlohmann::ordered_json& probe, OutputFormat format) {
  if (format == OutputFormat::kTable)
    return curves_table(curve_points(probe, "fidelity")).render(stdout_style());
  std::string text;
  for (const auto& place : probe.at("places")) {
    nlohmann::ordered_json line;
    for (const char* key : {"kind", "place", "name", "layer", "weights", "dim"})
      line[key] = place.at(key);
    for (const auto& [k, fidelity] : place.at("fidelity").items())
      line["fidelity"][k] = fidelity.is_null() ? fidelity : fidelity.at("mean");
    line["rank"] = place.at("rank");
    text += line.dump() + "\n";
  }
  return text;
}

}  // namespace eida

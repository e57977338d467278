#include "probe_results.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "eida/core/error.h"
#include "eida/run/session.h"
#include "eida/subspace/interval.h"
#include "eida/subspace/rank_rules.h"
#include "eida/tensor/safetensors.h"

namespace eida {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// One number of a place, out of one repeat; nullopt where that repeat has none.
using Pick = std::function<std::optional<double>(const PlaceMeasure&)>;

/// Mean and interval of a number over the repeats that have it.
std::optional<Interval> over_repeats(const ProbeResults& results, size_t place, const Pick& pick) {
  std::vector<double> values;
  for (const auto& repeat : results.repeats) {
    const auto value = pick(repeat[place]);
    if (value && std::isfinite(*value)) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return mean_interval(values);
}

Pick nth(const std::vector<double>& (*list)(const PlaceMeasure&), size_t i) {
  return [list, i](const PlaceMeasure& measure) -> std::optional<double> {
    const auto& values = list(measure);
    return i < values.size() ? std::optional(values[i]) : std::nullopt;
  };
}

const std::vector<double>& fidelity_of(const PlaceMeasure& m) { return m.fidelity.mean; }
const std::vector<double>& centred_of(const PlaceMeasure& m) { return m.centred_fidelity.mean; }
const std::vector<double>& explained_of(const PlaceMeasure& m) { return m.explained; }

double mean_or_nan(const std::optional<Interval>& interval) {
  return interval ? interval->mean : kNaN;
}

nlohmann::ordered_json to_json(const std::optional<Interval>& interval) {
  if (!interval) return nullptr;
  nlohmann::ordered_json json = {{"mean", interval->mean}};
  json["half_interval_95"] = interval->half ? nlohmann::ordered_json(*interval->half) : nullptr;
  return json;
}

nlohmann::ordered_json by_dimension(const ProbeResults& results, size_t place,
                                    const std::function<Pick(size_t)>& pick) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (size_t i = 0; i < results.dims.size(); ++i) {
    json[std::to_string(results.dims[i])] = to_json(over_repeats(results, place, pick(i)));
  }
  return json;
}

int64_t total(const ProbeResults& results, size_t place, int64_t (*count)(const PlaceMeasure&)) {
  int64_t sum = 0;
  for (const auto& repeat : results.repeats) sum += count(repeat[place]);
  return sum;
}

int64_t rank_of(const ProbeResults& results, const RankPlan& plan, size_t place) {
  const auto& ranks = place < results.inputs ? plan.inputs : plan.delta_outputs;
  return ranks.at(results.labels[place].place);
}

std::string reason_of(const ProbeResults& results, const RankPlan& plan, size_t place) {
  const auto& reasons = place < results.inputs ? plan.input_reasons : plan.output_reasons;
  const auto found = reasons.find(results.labels[place].place);
  return found == reasons.end() ? "" : found->second;
}

nlohmann::ordered_json label_json(const PlaceLabel& label) {
  return {{"kind", label.kind},   {"place", label.place},     {"name", label.name},
          {"layer", label.layer}, {"weights", label.weights}, {"dim", label.dim}};
}

/// What the sketches of a place may have missed: the largest of each bound over the repeats; null
/// where there was none.
nlohmann::ordered_json sketch_json(const ProbeResults& results, size_t place) {
  SketchBound worst;
  for (const auto& repeat : results.repeats) {
    const SketchBound& bound = repeat[place].sketch;
    worst.rows = std::max(worst.rows, bound.rows);
    worst.error = std::max(worst.error, bound.error);
    worst.energy_lost = std::max(worst.energy_lost, bound.energy_lost);
    worst.energy_missed = std::max(worst.energy_missed, bound.energy_missed);
    worst.largest_sine = std::max(worst.largest_sine, bound.largest_sine);
  }
  if (worst.rows == 0) return nullptr;
  return {{"rows", worst.rows},
          {"error", worst.error},
          {"energy_lost", worst.energy_lost},
          {"energy_missed", worst.energy_missed},
          {"largest_sine", worst.largest_sine}};
}

nlohmann::ordered_json place_json(const ProbeResults& results, const RankPlan& plan, size_t place) {
  const auto number = [&](const Pick& pick) { return to_json(over_repeats(results, place, pick)); };
  nlohmann::ordered_json json = label_json(results.labels[place]);
  json["samples"] = total(results, place, [](const PlaceMeasure& m) { return m.samples; });
  json["heldout"] = total(results, place, [](const PlaceMeasure& m) { return m.fidelity.tokens; });
  json["zero_vectors"] =
      total(results, place, [](const PlaceMeasure& m) { return m.fidelity.zero_vectors; });
  json["repeats_with_mean_in_row0"] = total(results, place, [](const PlaceMeasure& m) {
    return m.mean_in_row0 ? int64_t{1} : int64_t{0};
  });
  json["fidelity"] = by_dimension(results, place, [](size_t i) { return nth(fidelity_of, i); });
  json["centred_fidelity"] =
      by_dimension(results, place, [](size_t i) { return nth(centred_of, i); });
  json["explained"] = by_dimension(results, place, [](size_t i) { return nth(explained_of, i); });
  json["mean_direction_energy_share"] = number([](const PlaceMeasure& m) { return m.mean.energy; });
  json["mean_direction_cosine"] = number([](const PlaceMeasure& m) { return m.mean.cosine; });
  json["pair_cosine"] = number([](const PlaceMeasure& m) { return m.pair_cosine; });
  json["participation_ratio"] = number([](const PlaceMeasure& m) { return m.participation_ratio; });
  json["two_nn_dimension"] = number([](const PlaceMeasure& m) { return m.intrinsic.two_nn; });
  json["mle_dimension"] = number([](const PlaceMeasure& m) { return m.intrinsic.mle; });
  if (place >= results.inputs) {
    json["gradient_capture"] = by_dimension(results, place, [](size_t i) -> Pick {
      return [i](const PlaceMeasure& m) -> std::optional<double> {
        const auto shares = m.capture.shares();
        return i < shares.size() ? std::optional(shares[i]) : std::nullopt;
      };
    });
  }
  const auto sketch = sketch_json(results, place);
  if (!sketch.is_null()) json["sketch"] = sketch;
  json["rank"] = rank_of(results, plan, place);
  json["rank_reason"] = reason_of(results, plan, place);
  return json;
}

/// A site's curve or a space's, for the rank rules.
PlaceCurve place_curve(const ProbeResults& results, size_t place) {
  PlaceCurve curve;
  for (size_t i = 0; i < results.dims.size(); ++i) {
    if (results.dims[i] > results.labels[place].dim) break;
    curve.dims.push_back(results.dims[i]);
    curve.fidelity.push_back(mean_or_nan(over_repeats(results, place, nth(fidelity_of, i))));
    curve.explained.push_back(mean_or_nan(over_repeats(results, place, nth(explained_of, i))));
  }
  return curve;
}

std::string json_lines(const ProbeResults& results, const RankPlan& plan) {
  std::string text;
  for (size_t place = 0; place < results.labels.size(); ++place) {
    nlohmann::ordered_json line = label_json(results.labels[place]);
    for (size_t i = 0; i < results.dims.size(); ++i) {
      line["fidelity"][std::to_string(results.dims[i])] =
          mean_or_nan(over_repeats(results, place, nth(fidelity_of, i)));
    }
    line["rank"] = rank_of(results, plan, place);
    text += line.dump() + "\n";
  }
  return text;
}

}  // namespace

ProbeResults start_results(const PretrainedModel& model, const std::vector<int64_t>& dims) {
  ProbeResults results;
  results.dims = dims;
  results.inputs = model.input_spaces().size();
  for (const auto& space : model.input_spaces()) {
    results.labels.push_back({"input", static_cast<int64_t>(results.labels.size()), space.name,
                              space.layer, space.weights, space.dim});
  }
  for (size_t s = 0; s < model.sites().size(); ++s) {
    const Site& site = model.sites()[s];
    results.labels.push_back(
        {"delta_output", static_cast<int64_t>(s), site.name, site.layer, site.weight, site.dim});
  }
  return results;
}

void add_repeat(ProbeResults& results, ProbeRepeat& repeat) {
  std::vector<PlaceMeasure> places = std::move(repeat.inputs);
  std::move(repeat.delta_outputs.begin(), repeat.delta_outputs.end(), std::back_inserter(places));
  results.repeats.push_back(std::move(places));
  results.sampling_seconds.push_back(repeat.sampling_seconds);
  results.estimation_seconds.push_back(repeat.estimation_seconds);
  results.heldout_seconds.push_back(repeat.heldout_seconds);
}

std::vector<CurveRow> curve_rows(const ProbeResults& results) {
  std::vector<CurveRow> rows;
  for (size_t place = 0; place < results.labels.size(); ++place) {
    const PlaceLabel& label = results.labels[place];
    for (size_t i = 0; i < results.dims.size(); ++i) {
      for (size_t r = 0; r < results.repeats.size(); ++r) {
        const PlaceMeasure& measure = results.repeats[r][place];
        rows.push_back({label.kind, label.place, label.layer, label.weights, label.dim,
                        results.dims[i], static_cast<int64_t>(r),
                        measure.fidelity.tokens > 0 ? measure.fidelity.mean[i] : kNaN,
                        measure.samples, measure.fidelity.tokens});
      }
    }
  }
  return rows;
}

std::vector<CurvePoint> curve_points(const ProbeResults& results) {
  std::vector<CurvePoint> points;
  for (size_t place = 0; place < results.labels.size(); ++place) {
    const PlaceLabel& label = results.labels[place];
    for (size_t i = 0; i < results.dims.size(); ++i) {
      const auto interval = over_repeats(results, place, nth(fidelity_of, i));
      points.push_back(
          {label.kind, label.place, label.layer, label.weights, label.dim, results.dims[i]});
      set_interval(points.back(), mean_or_nan(interval),
                   interval && interval->half ? *interval->half : kNaN);
    }
  }
  return points;
}

RankPlan make_plan(const ProbeResults& results, const PretrainedModel& model,
                   const RankOptions& options) {
  RankRuleOptions rule;
  rule.rule = from_string<RankRule>(options.rule);
  rule.wide = options.wide;
  rule.narrow = options.narrow;
  rule.fixed = options.fixed;
  rule.margin = options.margin;
  rule.energy = options.energy;
  rule.budget = options.budget.value_or(0);
  rule.plan = options.plan;
  RankEvidence evidence;
  for (size_t place = 0; place < results.labels.size(); ++place) {
    const bool input = place < results.inputs;
    (input ? evidence.shape.inputs : evidence.shape.delta_outputs)
        .push_back(results.labels[place].dim);
    if (!results.repeats.empty()) {
      (input ? evidence.inputs : evidence.delta_outputs).push_back(place_curve(results, place));
    }
  }
  for (const auto& site : model.sites()) evidence.shape.site_inputs.push_back(site.input);
  return choose_ranks(rule, evidence);
}

bool measures_ranks(const RankOptions& options) {
  return options.rule != "plan" && options.rule != "fixed";
}

void check_rank_rule(const PretrainedModel& model, const Config& config) {
  ProbeResults results = start_results(model, config.subspace.dims);
  results.repeats.emplace_back(results.labels.size());  // places without a measurement
  make_plan(results, model, config.ranks);
}

void check_dims(const PretrainedModel& model, const std::vector<int64_t>& dims) {
  for (const auto& site : model.sites()) {
    const int64_t narrowest =
        std::min(site.dim, model.input_spaces()[static_cast<size_t>(site.input)].dim);
    if (dims.back() <= narrowest) continue;
    throw ConfigError(
        "subspace.dims: {} is more than the {} dimensions of {} (hint: --dims with smaller "
        "numbers)",
        dims.back(), narrowest, site.name);
  }
}

nlohmann::ordered_json probe_json(const ProbeResults& results, const RankPlan& plan,
                                  const Config& config, const PretrainedModel& model) {
  nlohmann::ordered_json json;
  json["model"] = config.model.path.string();
  json["model_type"] = model.config().model_type;
  json["weights"] = weights_origin(config);
  json["random_tensors"] = model.seeded();
  const auto& original = *model.config().original;
  const auto name = original.find("_name_or_path");
  if (name != original.end() && name->is_string()) {
    json["name_or_path"] = name->get<std::string>();
  } else {
    json["name_or_path"] = nullptr;
  }
  json["task"] = config.data.task;
  json["train"] = config.data.train.string();
  json["estimator"] = config.subspace.estimator;
  json["dims"] = results.dims;
  json["repeats"] = results.repeats.size();
  json["examples"] = config.sampling.examples;
  json["heldout_examples"] = config.probe.heldout;
  json["rank_rule"] = plan.rule;
  json["seconds"] = {{"sampling", results.sampling_seconds},
                     {"estimation", results.estimation_seconds},
                     {"heldout", results.heldout_seconds}};
  json["places"] = nlohmann::ordered_json::array();
  for (size_t place = 0; place < results.labels.size(); ++place) {
    json["places"].push_back(place_json(results, plan, place));
  }
  return json;
}

void write_subspaces(const std::filesystem::path& file, const ProbeRepeat& repeat) {
  std::vector<NamedTensor> tensors;
  const auto add = [&](const char* kind, const std::vector<Subspace>& subspaces) {
    for (size_t i = 0; i < subspaces.size(); ++i) {
      tensors.push_back(
          {std::string(kind) + "." + std::to_string(i) + ".basis", subspaces[i].basis});
    }
  };
  add("input", repeat.input_subspaces);
  add("delta_output", repeat.delta_output_subspaces);
  write_safetensors(file, tensors, {{"format", "pt"}});
}

std::string result_text(const ProbeResults& results, const RankPlan& plan,
                        const std::string& format) {
  if (format == "json") return json_lines(results, plan);
  return curves_table(curve_points(results)).render(stdout_style());
}

}  // namespace eida

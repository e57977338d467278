// Everything eida-probe writes from its measurements.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/core/run_folder.h"
#include "eida/pipeline/probe.h"
#include "eida/report/curves.h"
#include "eida/subspace/rank_plan.h"

namespace eida {

/// A place as results name it.
struct PlaceLabel {
  std::string kind;  ///< "input", "delta_output"
  int64_t place = 0;
  std::string name;
  int64_t layer = 0;
  std::string weights;
  int64_t dim = 0;
};

/// Measurements of all repeats, with what they belong to.
struct ProbeResults {
  std::vector<PlaceLabel> labels;  ///< input spaces, then sites
  size_t inputs = 0;               ///< number of input spaces
  std::vector<int64_t> dims;
  std::vector<std::vector<PlaceMeasure>> repeats;  ///< [repeat][place], in the labels' order
  std::vector<double> sampling_seconds, estimation_seconds, heldout_seconds;
};

/// Labels of a model's places, no measurements yet.
ProbeResults start_results(const PretrainedModel& model, const std::vector<int64_t>& dims);
void add_repeat(ProbeResults& results, ProbeRepeat& repeat);

std::vector<CurveRow> curve_rows(const ProbeResults& results);
/// Means over repeats with their intervals.
std::vector<CurvePoint> curve_points(const ProbeResults& results);

/// The plan that the configuration's rule makes of the measurements.
RankPlan make_plan(const ProbeResults& results, const PretrainedModel& model,
                   const RankOptions& options);

/// True for rules that choose ranks by what is measured; fixed and plan know them before.
bool measures_ranks(const RankOptions& options);

/// All that make_plan asks for and no measurement changes: a plan that fits the model, the dims
/// that are compared, a budget that suffices. \throws ConfigError, DataError as make_plan
void check_rank_rule(const PretrainedModel& model, const Config& config);

/// No place is narrower than the largest of the dims. \throws ConfigError
void check_dims(const PretrainedModel& model, const std::vector<int64_t>& dims);

/// probe.json: docs/formats.md.
nlohmann::ordered_json probe_json(const ProbeResults& results, const RankPlan& plan,
                                  const Config& config, const PretrainedModel& model);

/// subspaces.safetensors: `input.<i>.basis`, `delta_output.<i>.basis` [k, d] of one repeat.
void write_subspaces(const std::filesystem::path& file, const ProbeRepeat& repeat);

/// One line of text for each place, as a table or as JSON lines.
std::string result_text(const ProbeResults& results, const RankPlan& plan,
                        const std::string& format);

}  // namespace eida

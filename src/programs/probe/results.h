// Everything eida-probe writes from its measurements.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/core/run_folder.h"
#include "eida/measure/measure.h"
#include "eida/report/curves.h"
#include "eida/subspace/rank_plan.h"

namespace eida {

/// Measurements of all repeats, with what they belong to.
struct ProbeResults {
  Places places;
  std::vector<int64_t> dims;
  Repeats repeats;
  std::vector<double> sampling_seconds, estimation_seconds, heldout_seconds;
};

/// "kind", "place", "name", "layer", "weights", "dim": how JSON files name a place.
nlohmann::ordered_json place_json(const Place& place);

std::vector<CurveRow> curve_rows(const ProbeResults& results);

/// probe.json: docs/formats.md.
nlohmann::ordered_json probe_json(const ProbeResults& results, const RankPlan& plan,
                                  const Config& config, const PretrainedModel& model);

/// subspaces.safetensors: `input.<i>.basis`, `delta_output.<i>.basis` [k, d] of one repeat, with
/// `….scale` [k] where rows have one.
void write_subspaces(const std::filesystem::path& file, const Places& places,
                     const PerPlace<Subspace>& subspaces);

/// One line of text for each place of a probe.json, as a table or as JSON lines.
std::string probe_text(const nlohmann::ordered_json& probe, OutputFormat format);

}  // namespace eida

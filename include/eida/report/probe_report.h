/// report.html of eida-probe.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/core/manifest.h"
#include "eida/report/curves.h"
#include "eida/report/page.h"

namespace eida {

/// The curves of one measure of a probe.json, "fidelity" or "centred_fidelity".
std::vector<CurvePoint> curve_points(const nlohmann::ordered_json& probe, const char* measure);

struct ProbeReport {
  nlohmann::ordered_json probe;  ///< probe.json: docs/formats.md
  Manifest manifest;             ///< of the run; may still lack its end
  std::string config;            ///< config.yaml
  PublishedCurves published;     ///< reference points; may have none
};

/// What was run, curves, tables, rank plan, what is behind the curves, and how to run it again.
/// \throws nlohmann's exceptions where `probe` is not what eida-probe writes
Page probe_page(const ProbeReport& report);

}  // namespace eida

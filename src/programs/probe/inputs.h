// What a probe reads, opened and checked.
#pragma once

#include <filesystem>
#include <memory>
#include <vector>

#include "eida/report/curves.h"
#include "eida/run/open.h"

namespace eida {

struct ProbeInputs {
  ComputeSetting compute;
  std::shared_ptr<const Dataset> data;
  ExampleTokenizer tokenizer;
  std::unique_ptr<PretrainedModel> model;
  PublishedCurves published;
};

/// Files that a probe reads beside its model.
std::vector<std::filesystem::path> probe_input_files(const Config& config);

/// Opens and checks: what a run would refuse is refused here. \throws Error
ProbeInputs open_probe_inputs(const Config& config, const Communicator& processes);

}  // namespace eida

// report.html of a training run, from what the run's folder holds.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/report/train_report.h"

namespace eida {

struct TrainPageInputs {
  std::filesystem::path folder;  ///< metrics.jsonl, audit.json, rounds/NN/subspaces.json
  nlohmann::json summary;        ///< TrainingRun::summary()
  Manifest manifest;             ///< of this process
  int64_t steps_per_round = 0;
  bool running = false;
  std::vector<std::string> random_tensors = {};  ///< names of those that the checkpoint lacked
};

/// What a resumed run shows is what an uninterrupted one shows: nothing comes from memory but the
/// summary, which is part of the state. \throws DataError a file that cannot be read
TrainReport read_train_report(const Config& config, const TrainPageInputs& inputs);

}  // namespace eida

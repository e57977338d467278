// report.html of a training run, from what the run's folder holds.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/report/train_report.h"
#include "eida/run/round_record.h"

namespace eida {

struct TrainPageInputs {
  std::filesystem::path folder;     ///< metrics.jsonl, audit.json, rounds/NN/subspaces.json
  std::vector<RoundRecord> rounds;  ///< finished ones
  TaskScore metric;                 ///< that picks the best one
  Manifest manifest;                ///< of this process
  int64_t steps_per_round = 0;
  bool running = false;
  std::vector<std::string> random_tensors = {};  ///< names of those that the checkpoint lacked
};

/// What a resumed run shows is what an uninterrupted one shows: nothing comes from memory but the
/// rounds, which are part of the checkpoint. \throws DataError a file that cannot be read
TrainReport read_train_report(const Config& config, const TrainPageInputs& inputs);

}  // namespace eida

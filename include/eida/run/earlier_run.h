// What --resume finds in a run folder, before anything in it changes.
#pragma once

#include <filesystem>

#include "eida/config/config.h"

namespace eida {

enum class EarlierRun {
  kNone,        ///< no run is there
  kUnfinished,  ///< it was stopped, has more rounds to go, or what it reads lies elsewhere
  kFinished     ///< nothing is left to do
};

/// A resumed run must be the run that was stopped: its configuration may differ only in
/// run.threads and run.memory_limit, which decide no result, and in where the folder, the model
/// and the data lie, whose bytes are compared later; `rounds` may grow where the learning rate
/// does not follow from it (train.schedule global). \throws ConfigError names the first key that
/// differs; a run of another program
EarlierRun find_earlier_run(const std::filesystem::path& folder, const Config& config,
                            Program program);

}  // namespace eida

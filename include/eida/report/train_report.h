/// report.html of eida-train.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "eida/core/manifest.h"

namespace eida {

/// What was logged at a step, or the mean of neighbouring ones.
struct TrainStepPoint {
  double step = 0.0;  ///< of the whole run, from 1
  double loss = 0.0, lr = 0.0, grad_norm = 0.0;
};

/// Keeps a curve of any length bounded: at most `kMost` points, each the mean of equally many
/// neighbours (the last of fewer).
class ThinnedSteps {
 public:
  static constexpr size_t kMost = 1000;

  void add(const TrainStepPoint& point);
  std::vector<TrainStepPoint> points() const;

 private:
  void halve();

  std::vector<TrainStepPoint> sums_;
  int64_t stride_ = 1;  ///< points in each sum
  int64_t last_ = 0;    ///< points in the last one
};

struct TrainReport {
  std::string method;
  std::string weights;                                     ///< "random, seed 0" or "from file"
  std::vector<std::pair<std::string, std::string>> facts;  ///< model, data, …
  bool running = false;
  int64_t rounds_planned = 0, best_round = 0;  ///< best: 0 while there is none
  std::vector<TrainStepPoint> steps;
  /// Finished ones, as summary.json has them: docs/formats.md. A round of a method with subspaces
  /// also has "places", those of its subspaces.json.
  nlohmann::json rounds = nlohmann::json::array();
  std::string fidelity_of;                             ///< "held-out vectors", …
  std::vector<std::pair<std::string, int64_t>> audit;  ///< trained parameters by group
  int64_t frozen = 0;                                  ///< parameters that do not train
  Manifest manifest;                                   ///< of the run, still without its end
  std::string config;                                  ///< config.yaml
};

/// Writes the page atomically; the browser reads it again while the run goes on.
/// \throws DataError the file cannot be written; nlohmann's exceptions where rounds are not as said
void write_train_report(const std::filesystem::path& file, const TrainReport& report);

}  // namespace eida

/// report.html of eida-train.
#pragma once

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
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

/// One adapted place in one round.
struct TrainPlace {
  std::string kind;  ///< input, delta_output
  std::string name, weights;
  int64_t layer = 0, dim = 0, rank = 0;
  double fidelity = std::numeric_limits<double>::quiet_NaN();  ///< NaN: not measured
  /// Principal angles with the place's subspace of the round before; NaN: there is none.
  double mean_degrees = std::numeric_limits<double>::quiet_NaN(),
         largest_degrees = std::numeric_limits<double>::quiet_NaN();
};

/// Adapted and merged model on the same examples.
struct TrainMerge {
  double difference = 0.0, tolerance = 0.0;  ///< of logits
  double loss_before = 0.0, loss_after = 0.0;
};

struct TrainRound {
  int64_t round = 1;
  double train_loss = 0.0;
  std::vector<std::pair<std::string, double>> scores;  ///< on data.dev; empty without
  std::optional<TrainMerge> merge;                     ///< none: the method has nothing to merge
  double seconds = 0.0, sampling_seconds = 0.0, estimation_seconds = 0.0;
  std::vector<TrainPlace> places;  ///< empty: the method has no subspaces
};

struct TrainReport {
  std::string method;
  std::string weights;                                     ///< "random, seed 0" or "from file"
  std::vector<std::pair<std::string, std::string>> facts;  ///< model, data, …
  bool running = false;
  int64_t rounds_planned = 0, best_round = 0;  ///< best: 0 while there is none
  std::vector<TrainStepPoint> steps;
  std::vector<TrainRound> rounds;                      ///< finished ones
  std::string fidelity_of;                             ///< "held-out vectors", …
  std::vector<std::pair<std::string, int64_t>> audit;  ///< trained parameters by group
  int64_t frozen = 0;                                  ///< parameters that do not train
  Manifest manifest;                                   ///< of the run, still without its end
  std::string config;                                  ///< config.yaml
};

/// Writes the page atomically; the browser reads it again while the run goes on.
/// \throws DataError the file cannot be written
void write_train_report(const std::filesystem::path& file, const TrainReport& report);

}  // namespace eida

// What a training run tells about itself: metrics.jsonl, event files, audit, page, log lines.
#pragma once

#include <chrono>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eida/core/progress.h"
#include "eida/core/run_folder.h"
#include "eida/measure/measure.h"
#include "eida/report/tensorboard.h"
#include "eida/run/checkpoint.h"
#include "inputs.h"
#include "record.h"
#include "round_steps.h"

namespace eida {

/// It watches and decides nothing: without a folder it writes nothing and the run is the same.
class Observer {
 public:
  /// \param folder null in all processes but the one that writes
  Observer(const Config& config, const TrainInputs& inputs, const RunFolder* folder,
           Manifest manifest);

  /// Resumes where a run was stopped: later lines of metrics.jsonl are cut off.
  void start(const TrainingCheckpoint& at);
  void begin_round();
  /// A round's bases are made. \param before those of the round before
  void estimated(int64_t round, const RoundEstimate& estimate, const PlaceBases& bases,
                 const PlaceBases& before);
  /// Adapters are attached to the model, no step has been taken yet.
  void attached(const TrainingCheckpoint& at, const Training& training);
  /// \param at adds the loss to its means \param seconds of the whole step
  void stepped(TrainingCheckpoint& at, const std::vector<ExampleBatch>& batches,
               const StepResult& result, double lr, double seconds);
  /// Scores within a round.
  void scored(const TrainingCheckpoint& at, const Scores& scores);
  /// The round's steps are over.
  void trained(const TrainingCheckpoint& at, const RoundSteps& steps);
  /// Adds to a round's record what was watched, and logs it.
  void complete(RoundRecord& record, const TrainingCheckpoint& at);
  /// merge_report.json, summary.json and the page, of all finished rounds.
  void finished_round(const TrainingCheckpoint& at) const;
  /// report.html of what is done so far. \param running the browser is to read it again
  void write_page(const TrainingCheckpoint& at, bool running) const;

  /// Bytes of metrics.jsonl, which survive the machine's end.
  int64_t sync();
  std::string metrics_sha256() const;  ///< of these bytes
  double seconds() const;              ///< of this process and those before it
  /// summary.json: docs/formats.md.
  nlohmann::ordered_json summary(const TrainingCheckpoint& at) const;

 private:
  int64_t step_of_run(const TrainingCheckpoint& at) const;
  void write_scores(const TrainingCheckpoint& at, const Scores& scores);
  double rate(int64_t count) const;

  const Config* config_;
  const TrainInputs* inputs_;
  const RunFolder* folder_;
  Manifest manifest_;
  int64_t steps_per_round_;
  std::optional<MetricsLog> metrics_;
  std::optional<EventFile> events_;  ///< with train.tensorboard
  std::optional<Progress> progress_;
  int64_t examples_ = 0, tokens_ = 0, trainable_ = 0;
  double step_seconds_ = 0, prepare_seconds_ = 0, sampling_seconds_ = 0, estimation_seconds_ = 0;
  double earlier_seconds_ = 0;  ///< of processes before this one
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now(), round_start_;
};

}  // namespace eida

// One training run: what its rounds share, and what a round is made of.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eida/adapter/audit.h"
#include "eida/core/run_folder.h"
#include "eida/evaluation/evaluate.h"
#include "eida/report/tensorboard.h"
#include "eida/training/training_state.h"
#include "inputs.h"
#include "record.h"

namespace eida {

/// A round is begin() → train() → merge() → save_and_evaluate(); train.cpp tells the story.
class TrainingRun {
 public:
  /// \param folder null in all processes but the one that writes \param manifest for the page
  TrainingRun(const Config& config, TrainInputs inputs, const RunFolder* folder, Manifest manifest);

  /// Goes to where an earlier process stopped, if it left a state. \return the round to begin
  /// \throws DataError where model or data are others now
  int64_t resume_or_start();
  /// Samples, estimates and chooses ranks on the current model, and attaches adapters that change
  /// nothing yet; or puts back what the state holds.
  void begin(int64_t round);
  /// Optimiser steps up to the end of the round. \throws Interrupted after a step, the state saved
  void train();
  /// Adds the update to the weights, and compares logits before and after.
  void merge();
  /// Adapter file, merged model, scores on data.dev, best model so far. \throws NumericError the
  /// merged model's logits are not the adapted one's; everything is saved by then
  void save_and_evaluate();
  /// report.html, of what is done so far. \param running the browser is to read it again
  void write_report(bool running) const;
  /// True where no better score came for train.early_stopping rounds.
  bool should_stop() const;

  /// summary.json: docs/formats.md.
  nlohmann::ordered_json summary() const;

 private:
  nlohmann::json fingerprint() const;
  void check_state() const;
  void save_round() const;
  void restore_weights(int64_t round);
  void estimate_bases();
  void collect_parameters();
  void restart_optimizer();
  void carry_moments(const FlatParameters& before, const AdamW& moments);
  void write_audit() const;
  void save_state();
  bool state_is_due() const;
  void log_step(const StepResult& result, double lr);
  void evaluate_within_round();
  void log_scores(const Evaluation& scores);
  int64_t step_of_run() const;
  void close_round_record();
  std::filesystem::path file(const std::string& name) const;
  std::filesystem::path round_file(int64_t round, const char* name) const;
  void agree_on_values() const;
  std::string best_metric() const;
  std::optional<size_t> best_round() const;
  std::vector<NamedTensor> trained_parameters() const;

  Config config_;
  TrainInputs inputs_;
  const Communicator* processes_;
  const RunFolder* folder_;  ///< null: another process writes
  Manifest manifest_;
  std::filesystem::path state_file_;
  std::vector<const TokenExample*> dev_, heldout_;
  int64_t steps_per_round_ = 0;
  ScheduleOptions schedule_;

  RunPosition position_;
  bool restoring_ = false;  ///< begin() finds this round in the state
  std::optional<MetricsLog> metrics_;
  std::optional<EventFile> events_;  ///< with train.tensorboard
  PlaceBases bases_;
  std::unique_ptr<FlatParameters> parameters_;
  std::unique_ptr<AdamW> optimizer_;
  GradScaler scaler_;
  MergeParity parity_;
  nlohmann::json history_ = nlohmann::json::array();  ///< finished rounds
  std::vector<NamedTensor> seeded_values_;  ///< what the checkpoint lacks, before training

  double sampling_seconds_ = 0, estimation_seconds_ = 0, prepare_seconds_ = 0, step_seconds_ = 0;
  int64_t examples_ = 0, tokens_ = 0;
  std::chrono::steady_clock::time_point round_start_, saved_at_;
  double earlier_seconds_ = 0.0;  ///< of processes before this one
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace eida

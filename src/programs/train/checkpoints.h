// Saves a training run, and resumes it where it was stopped.
#pragma once

#include <chrono>
#include <filesystem>

#include "eida/core/run_folder.h"
#include "eida/run/checkpoint.h"
#include "inputs.h"
#include "observer.h"

namespace eida {

class Checkpoints {
 public:
  /// \param writer this process writes them \param manifest what it reads; empty in the others
  Checkpoints(const Config& config, TrainInputs& inputs, const RunFolder* writer,
              Manifest& manifest, Observer& observer);

  /// Where an earlier process stopped, the model's weights as they were there; else the start of
  /// the first round. \throws DataError where model or data are others now, FormatError
  TrainingCheckpoint find();
  /// Whether find() found a checkpoint whose round has not been resumed yet.
  bool restores() const { return restores_; }
  /// Puts back what the checkpoint says of this round's training; or saves a round's start.
  void restore_or_save(TrainingCheckpoint& at, Training& training);

  /// \throws DataError an input is not what the run opened
  void save(TrainingCheckpoint& at, const Training& training);
  /// Where train.save_every or train.save_minutes ask for it, or a signal ends the run.
  /// \param signal the same in every process \throws Interrupted behind it
  void save_if_due(TrainingCheckpoint& at, const Training& training, int signal);

 private:
  void check(const TrainingCheckpoint& at) const;
  void restore_weights(int64_t round) const;
  bool is_due(int64_t step) const;

  const Config* config_;
  TrainInputs* inputs_;
  const RunFolder* writer_;
  Manifest* manifest_;
  Observer* observer_;
  std::vector<InputFile> reads_;  ///< what may not change between processes
  std::filesystem::path file_;
  bool restores_ = false;
  std::chrono::steady_clock::time_point saved_at_ = std::chrono::steady_clock::now();
};

/// Checks that a stopped run's checkpoint, and the files that it relies on, are as they were
/// written, before anything in its folder changes. \return whether there is one \throws DataError,
/// FormatError
bool check_checkpoint(const std::filesystem::path& folder);

}  // namespace eida

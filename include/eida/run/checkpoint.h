/// What a stopped run resumes from, in one file that is whole or not there.
#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/run/round_record.h"
#include "eida/training/training.h"

namespace eida {

/// Mean of the losses that are finite: float16 may overflow in a step.
struct LossMean {
  double sum = 0.0;
  int64_t count = 0;

  void add(double loss) {
    if (!std::isfinite(loss)) return;
    sum += loss;
    ++count;
  }
  double mean() const { return sum / static_cast<double>(count); }  ///< NaN: there is none
};

/// Where a run is, at one step of one round. Everything that is drawn follows from seed, round and
/// step, so no generator has a state; the model's weights follow from the base and the adapter
/// files of the rounds before.
struct TrainingCheckpoint {
  int64_t round = 1;                ///< from 1
  int64_t step = 0;                 ///< optimiser steps done in this round
  LossMean loss;                    ///< of this round's steps
  LossMean logged;                  ///< of the steps since the last logged one
  int64_t metrics_bytes = 0;        ///< of metrics.jsonl that belong to what is done
  double seconds = 0.0;             ///< of all sessions so far; never compared
  std::vector<std::string> inputs;  ///< SHA-256 of what the run reads, in the order of fixed_inputs
  std::vector<RoundRecord> rounds;  ///< finished ones
  /// SHA-256 of files of the run that later rounds and its page read, by name; of metrics.jsonl,
  /// its first metrics_bytes.
  std::map<std::string, std::string> files;
  PlaceBases bases;  ///< of this round, as Method::attach() wants them

  /// Moves on to round `next`, which begins with the bases of the one before.
  void begin(int64_t next) {
    round = next;
    step = 0;
    loss = logged = {};
  }
};

/// Writes it atomically, with what is trained and the optimiser. \throws DataError, for example a
/// full disk; the file that was there before is untouched then.
void write_checkpoint(const std::filesystem::path& file, const TrainingCheckpoint& checkpoint,
                      const Training& training);

/// What is needed before the adapters are attached. \throws DataError, FormatError a file that is
/// not a checkpoint, or has other bytes than were written.
TrainingCheckpoint read_checkpoint(const std::filesystem::path& file);

/// Restores trained values, moments and loss scale. \throws FormatError tensors of another run.
void restore(const std::filesystem::path& file, Training& training);

}  // namespace eida

/// What a stopped run goes on from, in one file that is whole or not there.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/training/adamw.h"
#include "eida/training/flat_parameters.h"
#include "eida/training/grad_scaler.h"

namespace eida {

/// Where a run is. Everything that is drawn follows from seed, round and step, so no generator has
/// a state.
struct RunPosition {
  int64_t round = 1;          ///< from 1
  int64_t step = 0;           ///< optimiser steps done in this round
  int64_t metrics_bytes = 0;  ///< of metrics.jsonl that belong to what is done
  double loss_sum = 0.0;      ///< of this round's steps
  int64_t losses = 0;         ///< that it is the sum of: float16 may overflow in a step
  double logged_loss = 0.0;   ///< of the steps since the last logged one
  int64_t logged_losses = 0;  ///< that it is the sum of
  double seconds = 0.0;       ///< of all sessions so far; never compared
  std::string inputs;         ///< what the run reads, as JSON; see TrainingRun::fingerprint()
  std::string rank_plan;      ///< of this round, as JSON
  std::string subspaces;      ///< what this round's subspaces are worth, as JSON; may be empty
  std::string history;        ///< finished rounds, as JSON
};

/// The state at one step of one round. The model's weights follow from the base and the adapter
/// files of the rounds before.
struct TrainingState {
  RunPosition position;
  PlaceBases bases;  ///< of this round, as Method::attach() wants them
};

/// Writes the state atomically. \throws DataError, for example a full disk; the file that was there
/// before is untouched then.
void write_training_state(const std::filesystem::path& file, const RunPosition& position,
                          const PlaceBases& bases, const FlatParameters& parameters,
                          const AdamW& optimizer, const GradScaler& scaler);

/// Position and bases: what is needed before the adapters are attached. \throws DataError,
/// FormatError a file that is not a state.
TrainingState read_training_state(const std::filesystem::path& file);

/// Puts values, moments and scale where they were. \throws FormatError tensors of another run.
void restore_training_state(const std::filesystem::path& file, const FlatParameters& parameters,
                            AdamW& optimizer, GradScaler& scaler);

}  // namespace eida

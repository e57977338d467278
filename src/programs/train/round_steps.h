/// The optimiser steps of a round, made as they are needed.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "eida/core/rng.h"
#include "eida/data/example_stream.h"
#include "eida/training/train_step.h"
#include "inputs.h"

namespace eida {

/// An epoch over the training file in the round's order, cut into steps of train.accumulation
/// batches. Batches come out of windows of 50, which are read and tokenized ahead, so that a file
/// of any size trains in bounded memory.
class RoundSteps {
 public:
  static constexpr int64_t kWindow = 50;  ///< batches

  /// \param first step to begin with: what the steps before it drew is drawn again, and nothing is
  /// read for it
  RoundSteps(const Config& config, const TrainInputs& inputs, int64_t round, int64_t first);

  /// The next step's batches, valid until the next call; empty after the last step of the epoch.
  /// \throws DataError a row is broken
  const std::vector<ExampleBatch>& next();
  /// Logs how many examples were truncated or replaced.
  void log_truncation() const;
  /// Seconds of waiting for examples so far.
  double seconds() const { return seconds_; }

 private:
  bool read_window();
  Batches window_batches(const std::vector<int64_t>& lengths);

  const Config* config_;
  const TrainInputs* inputs_;
  Rng grouping_;
  ExampleStream stream_;
  std::deque<std::vector<TokenExample>> windows_;  ///< that the step or a waiting batch is from
  std::deque<ExampleBatch> waiting_;               ///< batches of the last window
  std::vector<ExampleBatch> step_;
  double seconds_ = 0.0;
};

}  // namespace eida

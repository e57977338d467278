/// One optimiser step: forward and backward passes, clipping, AdamW.
#pragma once

#include <cstdint>
#include <vector>

#include "eida/core/choices.h"
#include "eida/model/pretrained_model.h"
#include "eida/parallel/communicator.h"
#include "eida/training/adamw.h"
#include "eida/training/flat_parameters.h"
#include "eida/training/grad_scaler.h"

namespace eida {

struct StepOptions {
  TaskKind task = TaskKind::kClassification;
  LossNorm loss_norm = LossNorm::kMeanOfMeans;
  double label_smoothing = 0.0;
  double clip_norm = 1.0;  ///< 0: not clipped
  uint64_t seed = 0;       ///< of dropout
  /// Batches of a step run in one pass as long as it has no more tokens: larger matrix products,
  /// more memory, the same loss.
  int64_t pass_tokens = 1024;
  /// Each process computes its part of the examples. One all-reduce adds up the gradients.
  const Communicator* processes = &Communicator::single();
};

struct StepResult {
  double loss = 0.0;       ///< of the whole step, like everything here but the seconds
  double grad_norm = 0.0;  ///< before clipping
  int64_t tokens = 0;
  double prepare_seconds = 0.0;  ///< putting examples into batches; computing waits for it
  int signal = 0;  ///< SIGINT or SIGTERM, if a process has received one: the same in all of them
  bool skipped = false;  ///< float16 gradients were not finite: nothing has changed
};

/// Which step of a run.
struct StepNumber {
  int64_t round = 1;  ///< from 1
  int64_t step = 0;   ///< of the round, from 0
};

/// Examples of one batch.
using ExampleBatch = std::vector<const TokenExample*>;

/// \param batches of the step, each a logical batch; the same in every process. \param lr, head_lr
/// of this step. \param number dropout masks depend on the seed and on it alone. \throws
/// NumericError a loss or gradient that is not finite; nothing has changed then.
StepResult train_step(PretrainedModel& model, FlatParameters& parameters, AdamW& optimizer,
                      GradScaler& scaler, const std::vector<ExampleBatch>& batches, double lr,
                      double head_lr, StepNumber number, const StepOptions& options);

}  // namespace eida

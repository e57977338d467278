/// The parts of one optimiser step: passes, sums over processes, float16's loss scale, checks.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

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

/// The model that a step trains, its trained tensors, and the optimiser's state.
struct Learner {
  PretrainedModel& model;
  FlatParameters& parameters;
  AdamW& optimizer;
  GradScaler& scaler;
};

/// Learning rates of one step.
struct LearningRates {
  double body = 0.0;  ///< of everything but the head
  double head = 0.0;
};

/// This process's part of a step, in passes whose losses, added up over all processes, are the
/// step's loss times `scale`. \param batches of the step, each a logical batch; the same in every
/// process
std::vector<PackedBatch> pack_step(const std::vector<ExampleBatch>& batches, double scale,
                                   const StepOptions& options);

/// Training mode with gradients for a scope; dropout's masks follow from the seed, the process and
/// the step's number alone, so that a resumed run draws the same ones.
class StepScope {
 public:
  StepScope(PretrainedModel& model, const at::Device& device, StepNumber number,
            const StepOptions& options);

 private:
  ModeScope training_;
  c10::AutoGradMode with_gradients_;
};

/// Adds up gradients, loss and tokens of all processes, and tells all of a signal that one of them
/// has received: one message for the gradients, and beside it a small one in float64.
/// \param loss 0-d float64, in place
void add_up(const FlatParameters& parameters, const at::Tensor& loss, StepResult& result,
            const Communicator& processes);

/// Reads loss and gradient norm into `result`: the one place of a step where the program waits for
/// a GPU. \return whether the step may be taken; a float16 step that overflowed is left out
/// \throws NumericError a loss or gradient that is not finite, with the step's number
bool accept_step(StepResult& result, const at::Tensor& loss, const at::Tensor& grad_norm,
                 GradScaler& scaler, StepNumber number);

}  // namespace eida

#include "eida/training/train_step.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/core/stopwatch.h"
#include "eida/data/batching.h"
#include "eida/model/mode_scope.h"

namespace eida {
namespace {

int64_t tokens_of(const ExampleBatch& batch) {
  int64_t tokens = 0;
  for (const TokenExample* example : batch) tokens += static_cast<int64_t>(example->ids.size());
  return tokens;
}

/// Batches that fit into one pass run through the model together.
std::vector<PackedBatch> pack_passes(const std::vector<ExampleBatch>& batches,
                                     const StepOptions& options) {
  std::vector<int64_t> tokens;
  for (const ExampleBatch& batch : batches) tokens.push_back(tokens_of(batch));
  std::vector<PackedBatch> packed;
  for (const auto& together : group_consecutive(tokens, options.pass_tokens)) {
    std::vector<const TokenExample*> examples;
    std::vector<int64_t> logical;  // batch of each example, from 0
    for (const int64_t b : together) {
      const ExampleBatch& batch = batches[static_cast<size_t>(b)];
      examples.insert(examples.end(), batch.begin(), batch.end());
      logical.insert(logical.end(), batch.size(), b - together.front());
    }
    packed.push_back(pack(examples, options.task, logical));
  }
  return packed;
}

/// Divides the weights so that the losses of all passes add up to the loss of the step.
void normalise(std::vector<PackedBatch>& packed, size_t batches, LossNorm norm) {
  int64_t labels = 0;
  for (const PackedBatch& pass : packed) labels += pass.targets.size(0);
  for (PackedBatch& pass : packed) {
    if (norm == LossNorm::kMeanOfMeans) {
      pass.target_weights.div_(static_cast<double>(batches));
    } else {
      pass.target_weights.fill_(1.0 / static_cast<double>(labels));
    }
  }
}

}  // namespace

StepResult train_step(PretrainedModel& model, FlatParameters& parameters, AdamW& optimizer,
                      GradScaler& scaler, const std::vector<ExampleBatch>& batches, double lr,
                      double head_lr, uint64_t number, const StepOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<PackedBatch> packed = pack_passes(batches, options);
  normalise(packed, batches.size(), options.loss_norm);
  StepResult result;
  result.prepare_seconds = seconds_since(start);

  const ModeScope training(model, true);
  const c10::AutoGradMode with_gradients(true);
  // Masks depend on the step alone, so a resumed run draws the same ones.
  at::Generator generator = at::globalContext().defaultGenerator(parameters.values().device());
  generator.set_current_seed(Rng(options.seed, "dropout", number).next());
  parameters.gradients().zero_();
  at::Tensor loss_sum = at::zeros({}, parameters.values().options().dtype(at::kDouble));
  for (PackedBatch& pass : packed) {
    pass.target_weights.mul_(scaler.scale());
    const at::Tensor loss = model.loss(pass, options.label_smoothing);
    loss.backward();
    loss_sum += loss.detach().to(at::kDouble) / scaler.scale();
    result.tokens += pass.tokens();
  }
  scaler.unscale(parameters);
  // The one place of a step where the program waits for a GPU.
  const at::Tensor numbers = at::stack({loss_sum, gradient_norm(parameters)}).cpu();
  result.loss = numbers[0].item<double>();
  result.grad_norm = numbers[1].item<double>();
  if (!scaler.accept(std::isfinite(result.grad_norm))) {
    result.skipped = true;
    return result;
  }
  if (!std::isfinite(result.loss) || !std::isfinite(result.grad_norm)) {
    throw NumericError(
        "training: step {}: loss {}, gradient norm {} (hint: a smaller train.lr, or --precision "
        "fp32)",
        number, result.loss, result.grad_norm);
  }
  clip_gradients(parameters, result.grad_norm, options.clip_norm);
  optimizer.step(lr, head_lr);
  return result;
}

}  // namespace eida

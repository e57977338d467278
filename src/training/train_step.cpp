#include "eida/training/train_step.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <c10/core/GradMode.h>

#include <cmath>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/core/stopwatch.h"

namespace eida {
namespace {

int64_t tokens_of(const ExampleBatch& batch) {
  int64_t tokens = 0;
  for (const TokenExample* example : batch) tokens += static_cast<int64_t>(example->ids.size());
  return tokens;
}

/// Batches that run through the model together.
struct Pass {
  std::vector<const TokenExample*> examples;
  std::vector<int64_t> logical;  ///< batch of each example, from 0
  int64_t tokens = 0;
};

std::vector<Pass> plan_passes(const std::vector<ExampleBatch>& batches, int64_t pass_tokens) {
  std::vector<Pass> passes;
  for (const ExampleBatch& batch : batches) {
    const int64_t tokens = tokens_of(batch);
    if (passes.empty() || passes.back().tokens + tokens > pass_tokens) passes.emplace_back();
    Pass& pass = passes.back();
    const int64_t number = pass.logical.empty() ? 0 : pass.logical.back() + 1;
    pass.examples.insert(pass.examples.end(), batch.begin(), batch.end());
    pass.logical.insert(pass.logical.end(), batch.size(), number);
    pass.tokens += tokens;
  }
  return passes;
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

/// Training mode for a scope.
class TrainingScope {
 public:
  explicit TrainingScope(PretrainedModel& model) : model_(&model) { model.set_training(true); }
  ~TrainingScope() { model_->set_training(false); }
  TrainingScope(const TrainingScope&) = delete;
  TrainingScope& operator=(const TrainingScope&) = delete;

 private:
  PretrainedModel* model_;
};

}  // namespace

StepResult train_step(PretrainedModel& model, FlatParameters& parameters, AdamW& optimizer,
                      GradScaler& scaler, const std::vector<ExampleBatch>& batches, double lr,
                      double head_lr, uint64_t number, const StepOptions& options) {
  const auto start = std::chrono::steady_clock::now();
  std::vector<PackedBatch> packed;
  for (const Pass& pass : plan_passes(batches, options.pass_tokens))
    packed.push_back(pack(pass.examples, options.task, pass.logical));
  normalise(packed, batches.size(), options.loss_norm);
  StepResult result;
  result.prepare_seconds = seconds_since(start);

  const TrainingScope training(model);
  const c10::AutoGradMode with_gradients(true);
  // Masks depend on the step alone, so a resumed run draws the same ones.
  at::Generator generator = at::globalContext().defaultGenerator(parameters.values().device());
  generator.set_current_seed(Rng(options.seed, "dropout", number).next());
  parameters.gradients().zero_();
  for (PackedBatch& pass : packed) {
    pass.target_weights.mul_(scaler.scale());
    const at::Tensor loss = model.loss(pass, options.label_smoothing);
    loss.backward();
    result.loss += loss.item<double>() / scaler.scale();
    result.tokens += pass.tokens();
  }
  if (!scaler.unscale(parameters)) {
    result.skipped = true;
    return result;
  }
  result.grad_norm = clip_gradients(parameters, options.clip_norm);
  if (!std::isfinite(result.loss) || !std::isfinite(result.grad_norm)) {
    throw NumericError(
        "training: step {}: loss {}, gradient norm {} (hint: a smaller train.lr, or --precision "
        "fp32)",
        number, result.loss, result.grad_norm);
  }
  optimizer.step(lr, head_lr);
  return result;
}

}  // namespace eida

#include "eida/training/train_step.h"

#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <cmath>
#include <csignal>
#include <string>
#include <utility>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/core/signals.h"
#include "eida/data/batching.h"

namespace eida {
namespace {

int64_t tokens_of(const ExampleBatch& batch) {
  int64_t tokens = 0;
  for (const TokenExample* example : batch) tokens += static_cast<int64_t>(example->ids.size());
  return tokens;
}

/// A part of a logical batch, with the number of predictions in all of it.
struct BatchPart {
  ExampleBatch examples;
  int64_t predictions = 0;
};

/// This process's examples of the step, as many tokens as the others have. A batch may be cut: its
/// loss is a weighted sum over examples, and the weights know the whole batch.
std::vector<BatchPart> own_parts(const std::vector<ExampleBatch>& batches,
                                 const StepOptions& options) {
  std::vector<double> tokens;
  for (const ExampleBatch& batch : batches) {
    for (const TokenExample* example : batch)
      tokens.push_back(static_cast<double>(example->ids.size()));
  }
  const std::vector<int> owners = share_out(tokens, options.processes->size());
  std::vector<BatchPart> parts;
  size_t number = 0;  // of an example in the step
  for (const ExampleBatch& batch : batches) {
    BatchPart part;
    for (const TokenExample* example : batch) {
      part.predictions += scored_predictions(*example, options.task);
      if (owners[number++] == options.processes->index()) part.examples.push_back(example);
    }
    if (!part.examples.empty()) parts.push_back(std::move(part));
  }
  return parts;
}

/// Batches that fit into one pass run through the model together.
std::vector<PackedBatch> pack_passes(const std::vector<BatchPart>& batches,
                                     const StepOptions& options) {
  std::vector<int64_t> tokens;
  for (const BatchPart& batch : batches) tokens.push_back(tokens_of(batch.examples));
  std::vector<PackedBatch> packed;
  for (const auto& together : group_consecutive(tokens, options.pass_tokens)) {
    std::vector<const TokenExample*> examples;
    std::vector<int64_t> logical;  // batch of each example, from 0
    std::vector<float> weights;    // of each prediction
    for (const int64_t b : together) {
      const auto& [batch, predictions] = batches[static_cast<size_t>(b)];
      examples.insert(examples.end(), batch.begin(), batch.end());
      logical.insert(logical.end(), batch.size(), b - together.front());
      for (const TokenExample* example : batch) {
        weights.insert(weights.end(),
                       static_cast<size_t>(scored_predictions(*example, options.task)),
                       1.0F / static_cast<float>(predictions));
      }
    }
    packed.push_back(pack(examples, options.task, logical));
    packed.back().target_weights = at::tensor(weights, at::TensorOptions(at::kFloat));
  }
  return packed;
}

/// Divides the weights so that the losses of all passes, in all processes, add up to the loss of
/// the step.
void normalise(std::vector<PackedBatch>& packed, const std::vector<ExampleBatch>& batches,
               const StepOptions& options) {
  int64_t labels = 0;
  for (const ExampleBatch& batch : batches) {
    for (const TokenExample* example : batch) labels += scored_predictions(*example, options.task);
  }
  for (PackedBatch& pass : packed) {
    if (options.loss_norm == LossNorm::kMeanOfMeans) {
      pass.target_weights.div_(static_cast<double>(batches.size()));
    } else {
      pass.target_weights.fill_(1.0 / static_cast<double>(labels));
    }
  }
}

/// Masks depend on the step, so a resumed run draws the same ones, and on the process.
uint64_t dropout_seed(const StepOptions& options, StepNumber number) {
  const int process = options.processes->index();
  const std::string stream = process == 0 ? "dropout" : fmt::format("dropout of rank {}", process);
  const auto index =
      static_cast<uint64_t>(number.round) << 40U | static_cast<uint64_t>(number.step);
  return Rng(options.seed, stream, index).next();
}

}  // namespace

std::vector<PackedBatch> pack_step(const std::vector<ExampleBatch>& batches, double scale,
                                   const StepOptions& options) {
  std::vector<PackedBatch> packed = pack_passes(own_parts(batches, options), options);
  normalise(packed, batches, options);
  for (PackedBatch& pass : packed) pass.target_weights.mul_(scale);
  return packed;
}

StepScope::StepScope(PretrainedModel& model, const at::Device& device, StepNumber number,
                     const StepOptions& options)
    : training_(model, /*training=*/true), with_gradients_(true) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  generator.set_current_seed(dropout_seed(options, number));
}

void add_up(const FlatParameters& parameters, const at::Tensor& loss, StepResult& result,
            const Communicator& processes) {
  result.signal = received_signal();
  if (processes.size() == 1) return;
  at::Tensor sums =
      at::tensor({loss.item<double>(), static_cast<double>(result.tokens),
                  result.signal == SIGINT ? 1.0 : 0.0, result.signal == SIGTERM ? 1.0 : 0.0},
                 at::TensorOptions(at::kDouble));
  Pending gradients = processes.start_all_reduce(parameters.gradients());
  processes.all_reduce(sums);
  gradients.wait();
  loss.fill_(sums[0].item<double>());
  result.tokens = static_cast<int64_t>(sums[1].item<double>());
  const bool interrupt = sums[2].item<double>() > 0.0, terminate = sums[3].item<double>() > 0.0;
  result.signal = interrupt ? SIGINT : terminate ? SIGTERM : 0;
}

bool accept_step(StepResult& result, const at::Tensor& loss, const at::Tensor& grad_norm,
                 GradScaler& scaler, StepNumber number) {
  const at::Tensor numbers = at::stack({loss, grad_norm}).cpu();
  result.loss = numbers[0].item<double>();
  result.grad_norm = numbers[1].item<double>();
  result.skipped = !scaler.accept(std::isfinite(result.grad_norm));
  if (result.skipped) {
    spdlog::info("round {}, step {}: float16 overflowed, the step is left out; loss scale {}",
                 number.round, number.step + 1, scaler.scale());
    return false;
  }
  if (std::isfinite(result.loss) && std::isfinite(result.grad_norm)) return true;
  throw NumericError(
      "training: round {}, step {}: loss {}, gradient norm {} (hint: a smaller train.lr, or "
      "--precision fp32)",
      number.round, number.step + 1, result.loss, result.grad_norm);
}

}  // namespace eida

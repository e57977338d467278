#include "../dry_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "eida/core/stopwatch.h"
#include "eida/generation/generate.h"
#include "eida/generation/passes.h"
#include "inputs.h"

namespace eida {
namespace {

void forward(const OpenedInputs& inputs, const std::vector<const TokenExample*>& examples) {
  if (inputs.data->kind() == TaskKind::kClassification) {
    classify(*inputs.model, examples);
  } else {
    completion_losses(*inputs.model, examples);
  }
}

/// Seconds that the model takes for all examples.
double time_passes(const OpenedInputs& inputs, const std::vector<const TokenExample*>& examples) {
  forward(inputs, examples);  // the first pass reads the weights in and is several times slower
  const auto start = std::chrono::steady_clock::now();
  forward(inputs, examples);
  return seconds_since(start);
}

/// Tokens that an example costs the model at most; a generated token costs each beam one.
double most_tokens(const Config& config, EvalTask task, const TokenizedSet& trial) {
  if (task != EvalTask::kTexts) return mean_tokens(trial);
  double context = 0;  // tokens before the completion
  for (const TokenExample& example : trial.examples)
    context += static_cast<double>(example.context_length);
  context /= static_cast<double>(trial.examples.size());
  const auto room = static_cast<double>(config.generation.max_length) - context;
  const double fresh = config.generation.max_new_tokens
                           ? static_cast<double>(*config.generation.max_new_tokens)
                           : std::max(0.0, room);
  return context + fresh * static_cast<double>(config.generation.beams);
}

/// Keys and values of the tokens that generation holds at once: those of all prompts, where they
/// are fewer than its bound. \param tokens of all prompts and outputs at most
double cache_bytes(const Config& config, EvalTask task, const OpenedInputs& inputs, double tokens) {
  if (task != EvalTask::kTexts) return 0.0;
  const ModelConfig& model = inputs.model->config();
  const double element = inputs.compute.precision == at::kFloat ? 4 : 2;
  const auto bound =
      static_cast<double>(config.generation.max_batch_tokens.value_or(kDefaultBatchTokens));
  int64_t width = 0;  // of one token's slot
  for (const BlockSpec& block : model.architecture->blocks) width += 2 * block.attention.kv_width();
  return std::min(bound, tokens) * static_cast<double>(width) * element;
}

}  // namespace

int dry_run_eval(const Config& config, EvalTask task, const OpenedInputs& inputs) {
  const TokenizedSet trial = draw_trial(config, inputs, kTrialExamples);
  const auto trial_tokens = mean_tokens(trial) * static_cast<double>(trial.examples.size());
  const double seconds = time_passes(inputs, trial.pointers());
  const double tokens = static_cast<double>(inputs.data->size()) * most_tokens(config, task, trial);
  print_model(config, *inputs.model,
              fmt::format(", {} adapter file(s)", config.model.adapters.size()));
  print_data(inputs.data->name(), inputs.data->size(), mean_tokens(trial),
             inputs.data->has_targets() ? "" : ", nothing to score against");
  print_row(inputs.tokenizer, trial.examples.front());
  fmt::print("trainable        0 parameters (an evaluation changes nothing)\n");
  print_cost(cache_bytes(config, task, inputs, tokens), seconds * tokens / trial_tokens,
             inputs.compute, task == EvalTask::kTexts ? "at most" : "about");
  return 0;
}

}  // namespace eida

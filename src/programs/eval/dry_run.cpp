#include "dry_run.h"

#include <fmt/format.h>

#include <algorithm>

#include "eida/core/progress.h"
#include "eida/core/rng.h"
#include "eida/core/stopwatch.h"
#include "eida/core/system_info.h"
#include "eida/data/batching.h"
#include "eida/generation/generate.h"
#include "eida/generation/passes.h"
#include "outcome.h"

namespace eida {
namespace {

constexpr int64_t kSample = 32;  // examples that are timed

/// A few examples and how fast the model takes them.
struct Sample {
  TokenizedSet set;
  double tokens = 0.0;   ///< of an example
  double context = 0.0;  ///< of them before the completion
  double seconds = 0.0;  ///< of a token
};

void forward(const EvalInputs& inputs, const std::vector<const TokenExample*>& examples) {
  if (inputs.data->kind() == TaskKind::kClassification) {
    classify(*inputs.model, examples);
  } else {
    completion_losses(*inputs.model, examples);
  }
}

Sample time_sample(const Config& config, const EvalInputs& inputs) {
  Rng rng(static_cast<uint64_t>(config.run.seed), "dry_run");
  const int64_t size = std::min(kSample, inputs.data->size());
  Sample sample;
  sample.set =
      inputs.tokenizer.tokenize_all(*inputs.data, draw_examples(inputs.data->size(), size, rng));
  const auto examples = sample.set.pointers();
  for (const TokenExample& example : sample.set.examples) {
    sample.tokens += static_cast<double>(example.ids.size());
    sample.context += static_cast<double>(example.context_length);
  }
  forward(inputs, examples);  // the first pass reads the weights in and is several times slower
  const auto start = std::chrono::steady_clock::now();
  forward(inputs, examples);
  sample.seconds = seconds_since(start) / sample.tokens;
  sample.tokens /= static_cast<double>(examples.size());
  sample.context /= static_cast<double>(examples.size());
  return sample;
}

/// Tokens that an example costs the model at most; a generated token costs each beam one.
double tokens_of_example(const Config& config, EvalTask task, const Sample& sample) {
  if (task != EvalTask::kTexts) return sample.tokens;
  const auto room = static_cast<double>(config.generation.max_length) - sample.context;
  const double fresh = config.generation.max_new_tokens
                           ? static_cast<double>(*config.generation.max_new_tokens)
                           : std::max(0.0, room);
  return sample.context + fresh * static_cast<double>(config.generation.beams);
}

/// Keys and values of the tokens that generation holds at once: those of all prompts, where they
/// are fewer than its bound. \param tokens of an example at most
double cache_mib(const Config& config, EvalTask task, const EvalInputs& inputs,
                 double tokens_of_example) {
  if (task != EvalTask::kTexts) return 0.0;
  const ModelConfig& model = inputs.model->config();
  const double element = inputs.compute.precision == at::kFloat ? 4 : 2;
  const auto bound =
      static_cast<double>(config.generation.max_batch_tokens.value_or(kDefaultBatchTokens));
  const double tokens =
      std::min(bound, static_cast<double>(inputs.data->size()) * tokens_of_example);
  return tokens * static_cast<double>(2 * model.num_layers * model.hidden_size) * element /
         (1 << 20);
}

}  // namespace

int dry_run_eval(const Config& config, EvalTask task, const EvalInputs& inputs) {
  const Sample sample = time_sample(config, inputs);
  const auto examples = static_cast<double>(inputs.data->size());
  const double tokens = tokens_of_example(config, task, sample);
  const double seconds = examples * tokens * sample.seconds;
  fmt::print("model            {} ({}), {} layers, {} parameters, {} adapter file(s){}\n",
             config.model.path.string(), inputs.model->config().model_type,
             inputs.model->config().num_layers, inputs.model->parameter_count(),
             config.model.adapters.size(),
             config.model.init == ModelInit::kRandom ? ", RANDOM weights" : "");
  fmt::print("data             {}: {} examples, about {:.1f} tokens each{}\n", inputs.data->name(),
             inputs.data->size(), sample.tokens,
             inputs.data->has_targets() ? "" : ", nothing to score against");
  fmt::print("trainable        0 parameters (an evaluation changes nothing)\n");
  fmt::print("memory, about    {:.0f} MiB\n",
             peak_memory_mib() + cache_mib(config, task, inputs, tokens));
  fmt::print("time, {} {} on {} threads\n", task == EvalTask::kTexts ? "at most   " : "about     ",
             format_duration(seconds), inputs.compute.threads);
  return 0;
}

}  // namespace eida

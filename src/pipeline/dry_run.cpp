#include "dry_run.h"

#include <ATen/ops/matmul.h>
#include <ATen/ops/rand.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "eida/core/progress.h"
#include "eida/core/rng.h"
#include "eida/core/system_info.h"
#include "eida/data/batching.h"
#include "probe_results.h"

namespace eida {
namespace {

/// Measured speed of one matrix product in the run's precision. \return multiply-adds a second
double product_speed(const ComputeSetting& compute) {
  const auto options = at::TensorOptions(compute.precision).device(compute.device);
  const at::Tensor a = at::rand({512, 768}, options), b = at::rand({768, 1536}, options);
  at::matmul(a, b);
  const auto start = std::chrono::steady_clock::now();
  constexpr int kProducts = 20;
  for (int i = 0; i < kProducts; ++i) at::matmul(a, b);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return kProducts * 512.0 * 768.0 * 1536.0 / seconds;
}

/// Mean tokens of an example, from a draw of at most 200.
double mean_tokens(const Config& config, const Dataset& data, const ExampleTokenizer& tokenizer) {
  Rng rng(static_cast<uint64_t>(config.run.seed), "dry_run");
  const auto lengths =
      tokenizer
          .tokenize_all(data, draw_examples(data.size(), std::min<int64_t>(200, data.size()), rng))
          .lengths();
  double sum = 0;
  for (const int64_t length : lengths) sum += static_cast<double>(length);
  return sum / static_cast<double>(lengths.size());
}

double to_mib(double bytes) { return bytes / (1 << 20); }

/// Sums over a model's places that cost follows from.
struct ModelSize {
  explicit ModelSize(const PretrainedModel& model) {
    for (const auto& site : model.sites()) {
      const auto d_in =
          static_cast<double>(model.input_spaces()[static_cast<size_t>(site.input)].dim);
      weights += d_in * static_cast<double>(site.dim);
      widths += static_cast<double>(site.dim);
    }
    for (const auto& space : model.input_spaces()) widths += static_cast<double>(space.dim);
    parameters = static_cast<double>(model.parameter_count());
  }
  double weights = 0;     ///< entries of all adapted weights
  double widths = 0;      ///< dimensions of all places
  double parameters = 0;  ///< of the model
};

void print_model(const Config& config, const PretrainedModel& model, const ModelSize& size) {
  fmt::print("model            {} ({}), {} layers, {:.0f} parameters{}\n",
             config.model.path.string(), model.config().model_type, model.config().num_layers,
             size.parameters, config.model.init == "random" ? ", RANDOM weights" : "");
  fmt::print("places           {} input spaces, {} sites\n", model.input_spaces().size(),
             model.sites().size());
}

void print_cost(double mib, double products, const ComputeSetting& compute) {
  fmt::print("memory, about    {:.0f} MiB\n", mib);
  fmt::print("time, about      {} on {} threads\n",
             format_duration(products / product_speed(compute) * 1.5), compute.threads);
}

/// Trainable parameters, or the bounds that the rank rule leaves open.
std::string trainable_text(const Config& config, TrainInputs& inputs) {
  int64_t extra = 0, low = 0, high = 0;
  const auto names = extra_parameters(config, *inputs.model, *inputs.method);
  for (const auto& [name, tensor] : inputs.model->parameters()) {
    if (std::count(names.begin(), names.end(), name) > 0) extra += tensor.numel();
  }
  RankPlan plan;
  const bool known = config.ranks.rule == "plan" || config.ranks.rule == "fixed";
  if (config.method == "eida" && known)
    plan =
        make_plan(start_results(*inputs.model, config.subspace.dims), *inputs.model, config.ranks);
  const bool threshold = config.ranks.rule == "threshold";
  const int64_t least = threshold ? config.ranks.narrow : config.subspace.dims.front(),
                most = threshold ? config.ranks.wide : config.subspace.dims.back();
  for (const int64_t index : inputs.sites) {
    const Site& site = inputs.model->sites()[static_cast<size_t>(index)];
    if (config.method == "lora") low += config.lora.rank * (site.dim + site.linear->in_features());
    if (config.method != "eida") continue;
    low += known ? plan.inputs.at(site.input) * plan.delta_outputs.at(index) : least * least;
    high += known ? 0 : most * most;
  }
  if (high > 0) {
    return fmt::format("{} to {} parameters (rule {} decides), {} of them beside the adapters",
                       low + extra, high + extra, config.ranks.rule, extra);
  }
  return fmt::format("{} parameters, {} of them beside the adapters", low + extra, extra);
}

}  // namespace

int dry_run_probe(const Config& config, const PretrainedModel& model, const Dataset& data,
                  const ExampleTokenizer& tokenizer, const ComputeSetting& compute) {
  const ModelSize size(model);
  const double weights = size.weights, widths = size.widths;
  const double tokens = mean_tokens(config, data, tokenizer);
  const auto examples = static_cast<double>(config.sampling.examples),
             heldout = static_cast<double>(config.probe.heldout);
  const bool completion = data.kind() == TaskKind::kCompletion;
  const double vectors = completion ? 8.0 : static_cast<double>(config.sampling.tokens_per_example);
  const double samples = examples * vectors * widths * 4;
  const double element = compute.precision == at::kFloat ? 4 : 2;
  const double activations =
      std::max(512.0, tokens * static_cast<double>(config.sampling.batch_size)) * widths * 3 *
      element;
  const double copies = compute.precision == at::kFloat ? 0 : weights * element;
  // A forward pass and the backward pass to the inputs: two products a weight and token.
  const double products =
      (examples + heldout) * tokens * 2 * weights * static_cast<double>(config.probe.repeats);

  print_model(config, model, size);
  fmt::print("data             {}: {} examples, about {:.1f} tokens each\n", data.name(),
             data.size(), tokens);
  fmt::print("trainable        0 parameters (the probe changes nothing)\n");
  fmt::print("work             {} repeats of {:.0f} + {:.0f} examples, k up to {}\n",
             config.probe.repeats, examples, heldout, config.subspace.dims.back());
  print_cost(peak_memory_mib() + to_mib(weights * 4 + samples * 1.3 + activations + copies),
             products, compute);
  return 0;
}

int dry_run_train(const Config& config, TrainInputs& inputs) {
  const ModelSize size(*inputs.model);
  double tokens = 0;
  for (const int64_t length : inputs.train.lengths()) tokens += static_cast<double>(length);
  const auto examples = static_cast<double>(inputs.train.examples.size());
  const int64_t steps = steps_per_round(config, inputs.train);
  const auto of_step = static_cast<double>(config.train.batch_size * config.train.accumulation);
  const double share = std::min(1.0, static_cast<double>(steps) * of_step / examples);

  print_model(config, *inputs.model, size);
  fmt::print("data             {}: {} examples, {:.1f} tokens each; {} to score on\n",
             config.data.train.string(), inputs.train.examples.size(), tokens / examples,
             inputs.dev.examples.size());
  fmt::print("trainable        {}\n", trainable_text(config, inputs));
  fmt::print("work             {} rounds of {} steps, method {}\n", config.rounds, steps,
             config.method);

  const double element = inputs.compute.precision == at::kFloat ? 4 : 2;
  const double step_tokens = std::min(1024.0, tokens / examples * of_step);
  const double activations = step_tokens * size.widths * 3 * element;
  const double copies = inputs.compute.precision == at::kFloat ? 0 : size.weights * element;
  const double optimizer = config.method == "full" ? size.parameters * 16 : 0;
  // Forward, backward to the inputs, and with method full to the weights.
  const double passes = config.method == "full" ? 3 : 2;
  const double samples = config.method == "eida" ? static_cast<double>(config.sampling.examples) *
                                                       (tokens / examples) * 2
                                                 : 0;
  const double products =
      static_cast<double>(config.rounds) * size.weights * (tokens * share * passes + samples);
  print_cost(peak_memory_mib() + to_mib(size.parameters * 4 + activations + copies + optimizer),
             products, inputs.compute);
  return 0;
}

}  // namespace eida

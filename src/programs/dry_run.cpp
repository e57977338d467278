#include "dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "../measure/estimate_places.h"
#include "eida/core/progress.h"
#include "eida/core/rng.h"
#include "eida/core/stopwatch.h"
#include "eida/core/system_info.h"
#include "eida/data/batching.h"
#include "eida/measure/measure.h"
#include "eida/run/measure_setup.h"

namespace eida {
namespace {

/// Mean tokens of an example.
double mean_tokens(const std::vector<int64_t>& lengths) {
  double sum = 0;
  for (const int64_t length : lengths) sum += static_cast<double>(length);
  return sum / static_cast<double>(lengths.size());
}

/// Examples of a trial: up to 32, enough for its passes to be like the run's.
std::ptrdiff_t trial_size(size_t examples) {
  return static_cast<std::ptrdiff_t>(std::clamp<size_t>(examples / 2, 1, 32));
}

/// What a few examples cost: the first time, which is slower than all others, and then.
struct ProbeTrial {
  double first_seconds = 0.0;
  Repeat repeat;
  double examples = 0.0;  ///< sampled, and as many held out
};

ProbeTrial try_probe(PretrainedModel& model, const Config& config, TaskKind task,
                     const std::vector<const TokenExample*>& examples) {
  const MeasureOptions options = measure_options(config, task);
  const std::ptrdiff_t size = trial_size(examples.size());
  const std::vector<const TokenExample*> first(examples.begin(), examples.begin() + size),
      last(examples.end() - size, examples.end());
  ProbeTrial trial;
  const auto start = std::chrono::steady_clock::now();
  measure_repeat(model, first, last, options);
  trial.first_seconds = seconds_since(start);
  trial.repeat = measure_repeat(model, first, last, options);
  trial.examples = static_cast<double>(size);
  return trial;
}

/// Of sampling alone, an example.
struct SamplingTrial {
  double first_seconds = 0.0;  ///< of all examples the first time
  double seconds = 0.0;
  double vectors = 0.0;  ///< at a place
};

SamplingTrial try_sampling(PretrainedModel& model, const Config& config, TaskKind task,
                           const std::vector<const TokenExample*>& examples) {
  const SamplerOptions options = measure_options(config, task).sampler;
  const std::ptrdiff_t size = trial_size(examples.size());
  const std::vector<const TokenExample*> first(examples.begin(), examples.begin() + size);
  SamplingTrial trial;
  auto start = std::chrono::steady_clock::now();
  collect_samples(model, first, options);
  trial.first_seconds = seconds_since(start);
  start = std::chrono::steady_clock::now();
  const auto samples = collect_samples(model, first, options);
  trial.seconds = seconds_since(start) / static_cast<double>(size);
  trial.vectors = static_cast<double>(samples[0].size(0)) / static_cast<double>(size);
  return trial;
}

double to_mib(double bytes) { return bytes / (1 << 20); }

/// Sums over a model's places that cost follows from.
struct ModelSize {
  explicit ModelSize(const PretrainedModel& model) {
    const Places& places = model.places();
    for (const Place& site : places.sites())
      weights += static_cast<double>(places[site.input].dim) * static_cast<double>(site.dim);
    for (const Place& place : places) widths += static_cast<double>(place.dim);
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
  fmt::print("places           {} input spaces, {} sites\n", model.places().inputs().size(),
             model.places().sites().size());
}

void print_cost(double mib, double seconds, const ComputeSetting& compute) {
  fmt::print("memory, about    {:.0f} MiB\n", mib);
  fmt::print("time, about      {} on {} threads\n", format_duration(seconds), compute.threads);
}

/// Trainable parameters, or the bounds that the rank rule leaves open.
std::string trainable_text(const Config& config, TrainInputs& inputs) {
  int64_t extra = 0;
  const auto names = extra_parameters(config, *inputs.model, *inputs.method);
  for (const auto& [name, tensor] : inputs.model->parameters()) {
    if (std::count(names.begin(), names.end(), name) > 0) extra += tensor.numel();
  }
  const Places& places = inputs.model->places();
  const RankRuleOptions rule = rank_rule_options(config.ranks);
  const bool threshold = config.ranks.rule == "threshold";
  const int64_t least = threshold ? config.ranks.narrow : config.subspace.dims.front(),
                most = threshold ? config.ranks.wide : config.subspace.dims.back();
  const bool known = inputs.method->needs_bases() && !measures_ranks(rule);
  const PerPlace<int64_t> ranks =
      known ? choose_ranks(rule, places, {}).ranks : PerPlace<int64_t>(places.size(), least);
  const int64_t low = inputs.method->parameter_count(places, ranks),
                high = known ? low
                             : inputs.method->parameter_count(
                                   places, PerPlace<int64_t>(places.size(), most));
  if (high > low) {
    return fmt::format("{} to {} parameters (rule {} decides), {} of them beside the adapters",
                       low + extra, high + extra, config.ranks.rule, extra);
  }
  return fmt::format("{} parameters, {} of them beside the adapters", low + extra, extra);
}

}  // namespace

int dry_run_probe(const Config& config, PretrainedModel& model, const Dataset& data,
                  const ExampleTokenizer& tokenizer, const ComputeSetting& compute) {
  Rng rng(static_cast<uint64_t>(config.run.seed), "dry_run");
  const TokenizedSet drawn = tokenizer.tokenize_all(
      data, draw_examples(data.size(), std::min<int64_t>(200, data.size()), rng));
  const ModelSize size(model);
  const auto examples = static_cast<double>(config.sampling.examples),
             heldout = static_cast<double>(config.probe.heldout);
  print_model(config, model, size);
  fmt::print("data             {}: {} examples, about {:.1f} tokens each\n", data.name(),
             data.size(), mean_tokens(drawn.lengths()));
  fmt::print("trainable        0 parameters (the probe changes nothing)\n");
  fmt::print("work             {} repeats of {:.0f} + {:.0f} examples, k up to {}\n",
             config.probe.repeats, examples, heldout, config.subspace.dims.back());

  const ProbeTrial trial = try_probe(model, config, data.kind(), drawn.pointers());
  double vectors = 0;  // of an example, at a place
  const auto spaces = model.places().inputs();
  for (const Place& space : spaces)
    vectors += static_cast<double>(trial.repeat.measures[space.input].samples) / trial.examples;
  vectors /= static_cast<double>(spaces.size());
  const double seconds = trial.repeat.sampling_seconds * examples / trial.examples +
                         trial.repeat.estimation_seconds +
                         trial.repeat.heldout_seconds * heldout / trial.examples;
  // Beside what the trial took: statistics, and then blocks of held-out vectors.
  const double blocks = 2 * std::min(256.0, vectors * heldout) * size.widths * 4;
  const double statistics = statistics_bytes(model, std::llround(vectors * examples),
                                             measure_options(config, data.kind()));
  print_cost(peak_memory_mib() + to_mib(std::max(statistics, blocks)),
             trial.first_seconds + seconds * static_cast<double>(config.probe.repeats), compute);
  return 0;
}

int dry_run_train(const Config& config, TrainInputs& inputs) {
  const ModelSize size(*inputs.model);
  const double tokens = mean_tokens(inputs.look.lengths());
  const auto examples = static_cast<double>(inputs.train->size());
  const int64_t steps = steps_per_round(config, inputs.train->size());
  const double step_examples =
      static_cast<double>(config.train.batch_size * config.train.accumulation);

  print_model(config, *inputs.model, size);
  fmt::print("data             {}: {} examples, about {:.1f} tokens each; {} to score on\n",
             config.data.train.string(), inputs.train->size(), tokens, inputs.dev.examples.size());
  fmt::print("trainable        {}\n", trainable_text(config, inputs));
  fmt::print("work             {} rounds of {} steps, method {}\n", config.rounds, steps,
             config.method);

  const SamplingTrial trial =
      try_sampling(*inputs.model, config, inputs.task, inputs.look.pointers());
  const bool full = inputs.method->trains_model();
  const double trained = std::min(examples, static_cast<double>(steps) * step_examples);
  const double sampled =
      inputs.method->needs_bases() ? static_cast<double>(config.sampling.examples) : 0;
  // A step's passes are larger than the sampler's and keep no vectors: about 0.8 of the time an
  // example, with the weights' gradients half as much again. Scoring is a forward pass.
  const double round = trained * (full ? 1.2 : 0.8) + sampled +
                       0.3 * static_cast<double>(inputs.dev.examples.size());
  const double element = inputs.compute.precision == at::kFloat ? 4 : 2;
  // Beside what the trial took, a pass of the sampler among it: a larger pass of a step, samples,
  // the checkpoint as it is read once more, new values of merged weights; AdamW keeps gradient and
  // two moments of what trains.
  const auto step_pass = static_cast<double>(StepOptions{}.pass_tokens),
             trial_pass = static_cast<double>(SamplerOptions{}.pass_tokens);
  const double more_tokens =
      std::max(0.0, std::min(step_pass, tokens * step_examples) - trial_pass);
  const double activations = more_tokens * 3 * element * size.widths;
  const double statistics =
      sampled > 0 ? statistics_bytes(*inputs.model, std::llround(sampled * trial.vectors),
                                     measure_options(config, inputs.task))
                  : 0;
  const double checkpoint = config.model.init == "random" ? 0 : size.parameters * 4;
  const double merged = size.weights * (inputs.model->masters() == nullptr ? 4 : 2);
  const double optimiser = full ? size.parameters * 16 : 0;
  constexpr double kRounding = 1.1;  // blocks that the allocator holds ready
  print_cost(kRounding * (peak_memory_mib() +
                          to_mib(activations + statistics + checkpoint + merged + optimiser)),
             trial.first_seconds + static_cast<double>(config.rounds) * round * trial.seconds,
             inputs.compute);
  return 0;
}

}  // namespace eida

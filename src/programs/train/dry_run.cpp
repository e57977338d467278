#include "../dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "eida/core/stopwatch.h"
#include "eida/core/system_info.h"
#include "eida/evaluation/evaluate.h"
#include "eida/measure/measure.h"
#include "eida/programs/programs.h"
#include "eida/run/measure_setup.h"
#include "inputs.h"
#include "results.h"
#include "round_steps.h"

namespace eida {
namespace {

/// What a round in small took.
struct Trial {
  double first_seconds = 0.0;     ///< of everything that was done for the first time, and slower
  double sample_seconds = 0.0;    ///< an example
  double estimate_seconds = 0.0;  ///< all places
  double vectors = 0.0;           ///< of a sampled example, at a place
  double step_seconds = 0.0;      ///< a token
  double score_seconds = 0.0;     ///< a token
  double merge_seconds = 0.0;
  double sampling_mib = 0.0;  ///< peak memory before the first step
  int64_t trainable = 0;      ///< parameters
};

/// Wall-clock seconds of `work`.
template <typename Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return seconds_since(start);
}

/// A and C from few examples.
PlaceBases try_estimation(const Config& config, TrainInputs& inputs, Trial& trial) {
  const RankRuleOptions rule = rank_rule_options(config.ranks);
  DrawnExamples drawn = draw_fresh(*inputs.train, *inputs.tokenizer, config,
                                   measures_ranks(rule) ? config.ranks.heldout : 0, 1);
  const MeasureOptions options = measure_options(config, inputs.task, 1);
  const auto size = static_cast<size_t>(sampling_trial(
      *inputs.model, drawn.tokens, options.sampler.draw, std::ssize(drawn.examples)));
  for (auto* part : {&drawn.examples, &drawn.heldout}) part->resize(std::min(size, part->size()));
  trial.first_seconds += seconds_of([&] {
    const auto samples = collect_samples(*inputs.model, drawn.examples, options.sampler);
    trial.vectors =
        static_cast<double>(samples[0].size(0)) / static_cast<double>(drawn.examples.size());
  });
  const RoundEstimate estimate =
      estimate_round(*inputs.model, drawn.examples, drawn.heldout, rule, options);
  trial.sample_seconds =
      estimate.sampling_seconds / static_cast<double>(drawn.examples.size() + drawn.heldout.size());
  trial.estimate_seconds = estimate.estimation_seconds;
  return make_bases(inputs.model->places(), estimate.subspaces, estimate.plan.ranks, inputs.sites);
}

/// Two steps, the second of which is timed. Then, as a run's memory is that of its largest step,
/// those of the first window that have more tokens than all before them.
void try_steps(const Config& config, TrainInputs& inputs, Training& training, Trial& trial) {
  RoundSteps steps(config, inputs, 1, 0);
  StepOptions options = step_options(config, inputs);
  options.processes = &Communicator::single();
  const int64_t window = std::max<int64_t>(2, RoundSteps::kWindow / config.train.accumulation);
  size_t most = 0;
  for (int64_t step = 0; step < std::min(window, steps_per_round(config, inputs)); ++step) {
    const std::vector<ExampleBatch>& batches = steps.next();
    size_t tokens = 0;
    for (const ExampleBatch& batch : batches)
      for (const TokenExample* example : batch) tokens += example->ids.size();
    if (step >= 2 && tokens <= most) continue;
    most = std::max(most, tokens);
    const double seconds = seconds_of([&] {
      train_step(training.learner(), batches, {}, {1, step}, options);
    });
    if (step == 0) trial.first_seconds += seconds;
    if (step < 2) trial.step_seconds = seconds / static_cast<double>(tokens);
  }
}

/// A round of a run, on few examples.
Trial try_round(Config config, TrainInputs& inputs) {
  config.sampling.examples = std::min(config.sampling.examples, kTrialExamples);
  config.ranks.heldout = std::min(config.ranks.heldout, kTrialExamples);
  Trial trial;
  Training training(*inputs.model, *inputs.method, training_options(config, inputs));
  PlaceBases bases;
  if (inputs.method->needs_bases()) bases = try_estimation(config, inputs, trial);
  training.attach(bases, 1);
  trial.sampling_mib = peak_memory_mib();
  trial.trainable = training.parameters().count();
  try_steps(config, inputs, training, trial);
  trial.merge_seconds = seconds_of([&] { merge(inputs); });
  auto dev = inputs.dev.pointers();
  dev.resize(std::min<size_t>(dev.size(), kTrialExamples));
  double tokens = 0;
  for (const TokenExample* example : dev) tokens += static_cast<double>(example->ids.size());
  if (dev.empty()) return trial;
  trial.score_seconds = seconds_of([&] { evaluate(*inputs.model, dev, inputs.task); }) / tokens;
  return trial;
}

/// Trainable parameters, or the bounds that the rank rule leaves open.
std::string trainable_text(const Config& config, const TrainInputs& inputs, int64_t found) {
  int64_t extra = 0;
  for (const auto& [name, tensor] : inputs.model->parameters()) {
    if (std::count(inputs.extra.begin(), inputs.extra.end(), name) > 0) extra += tensor.numel();
  }
  if (!inputs.method->needs_bases() || !measures_ranks(rank_rule_options(config.ranks)))
    return fmt::format("{} parameters, {} of them beside the adapters", found, extra);
  const bool threshold = config.ranks.rule == RankRule::kThreshold;
  const int64_t least = threshold ? config.ranks.narrow : config.subspace.dims.front(),
                most = threshold ? config.ranks.wide : config.subspace.dims.back();
  const Places& places = inputs.model->places();
  const auto with_ranks = [&](int64_t rank) {
    return inputs.method->parameter_count(places, PerPlace<int64_t>(places.size(), rank)) + extra;
  };
  return fmt::format("{} to {} parameters (rule {} decides), {} of them beside the adapters",
                     with_ranks(least), with_ranks(most), config.ranks.rule, extra);
}

}  // namespace

int dry_run_train(const Config& config, TrainInputs& inputs) {
  const double tokens = mean_tokens(inputs.preview);
  const int64_t steps = steps_per_round(config, inputs), examples = inputs.train->size();
  print_model(config, *inputs.model);
  print_places(*inputs.model);
  print_data(config.data.train.string(), examples, tokens,
             fmt::format("; {} to score on", inputs.dev.examples.size()));
  print_row(*inputs.tokenizer, inputs.preview.examples.front());
  const Trial trial = try_round(config, inputs);
  fmt::print("trainable        {}\n", trainable_text(config, inputs, trial.trainable));
  fmt::print("work             {} rounds of {} steps, method {}\n", config.rounds, steps,
             config.method);

  const bool samples = inputs.method->needs_bases();
  const bool holds_out = samples && measures_ranks(rank_rule_options(config.ranks));
  const double sampled = samples ? static_cast<double>(config.sampling.examples) : 0.0,
               heldout = holds_out ? static_cast<double>(config.ranks.heldout) : 0.0;
  const double trained = static_cast<double>(
      std::min(examples, steps * config.train.batch_size * config.train.accumulation));
  double dev_tokens = 0;
  for (const int64_t length : inputs.dev.lengths()) dev_tokens += static_cast<double>(length);
  const double round = (sampled + heldout) * trial.sample_seconds + trial.estimate_seconds +
                       trained * tokens * trial.step_seconds + trial.merge_seconds +
                       dev_tokens * trial.score_seconds;
  // Sampling takes its statistics beside what its trial took, and gives them back before training.
  const double statistics =
      samples ? statistics_bytes(*inputs.model, std::llround(sampled * trial.vectors),
                                 measure_options(config, inputs.task))
              : 0;
  const double for_steps = (peak_memory_mib() - trial.sampling_mib) * (1 << 20);
  print_cost(std::max(0.0, statistics - for_steps),
             trial.first_seconds + static_cast<double>(config.rounds) * round, inputs.compute);
  return 0;
}

}  // namespace eida

#include "../dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "eida/core/rng.h"
#include "eida/core/stopwatch.h"
#include "eida/data/batching.h"
#include "eida/measure/measure.h"
#include "eida/run/measure_setup.h"

namespace eida {
namespace {

/// What a few examples cost: the first time, which is slower than all others, and then.
struct ProbeTrial {
  double first_seconds = 0.0;
  Repeat repeat;
  double examples = 0.0;  ///< sampled, and as many held out
};

ProbeTrial try_probe(PretrainedModel& model, const Config& config, TaskKind task,
                     const std::vector<const TokenExample*>& examples) {
  const MeasureOptions options = measure_options(config, task);
  const std::ptrdiff_t size = std::clamp<std::ptrdiff_t>(
      static_cast<std::ptrdiff_t>(examples.size()) / 2, 1, kTrialExamples);
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

}  // namespace

int dry_run_probe(const Config& config, PretrainedModel& model, const Dataset& data,
                  const ExampleTokenizer& tokenizer, const ComputeSetting& compute) {
  Rng rng(static_cast<uint64_t>(config.run.seed), "dry_run");
  const TokenizedSet drawn = tokenizer.tokenize_all(
      data, draw_examples(data.size(), std::min<int64_t>(200, data.size()), rng));
  const auto examples = static_cast<double>(config.sampling.examples),
             heldout = static_cast<double>(config.probe.heldout);
  print_model(config, model);
  fmt::print("data             {}: {} examples, about {:.1f} tokens each\n", data.name(),
             data.size(), mean_tokens(drawn));
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
  double widths = 0;
  for (const Place& place : model.places()) widths += static_cast<double>(place.dim);
  const double blocks = 2 * std::min(256.0, vectors * heldout) * widths * 4;
  const double statistics = statistics_bytes(model, std::llround(vectors * examples),
                                             measure_options(config, data.kind()));
  print_cost(std::max(statistics, blocks),
             trial.first_seconds + seconds * static_cast<double>(config.probe.repeats), compute);
  return 0;
}

}  // namespace eida

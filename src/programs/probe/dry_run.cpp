#include "../dry_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "eida/core/stopwatch.h"
#include "eida/data/batching.h"
#include "eida/measure/measure.h"
#include "eida/run/measure_setup.h"

namespace eida {

int dry_run_probe(const Config& config, const OpenedInputs& inputs) {
  PretrainedModel& model = *inputs.model;
  const TokenizedSet drawn = draw_trial(config, inputs, 200);
  const auto examples = static_cast<double>(config.sampling.examples),
             heldout = static_cast<double>(config.probe.heldout);
  print_model(config, model);
  print_places(model);
  print_data(inputs.data->name(), inputs.data->size(), mean_tokens(drawn));
  print_row(inputs.tokenizer, drawn.examples.front());
  fmt::print("trainable        0 parameters (the probe changes nothing)\n");
  fmt::print("work             {} repeats of {:.0f} + {:.0f} examples, k up to {}\n",
             config.probe.repeats, examples, heldout, config.subspace.dims.back());

  // The first time is slower than all others.
  const auto all = drawn.pointers();
  const MeasureOptions options = measure_options(config, inputs.data->kind());
  const int64_t size = sampling_trial(model, drawn, options.sampler.draw,
                                      std::clamp<int64_t>(std::ssize(all) / 2, 1, kTrialExamples));
  const std::vector<const TokenExample*> first(all.begin(), all.begin() + size),
      last(all.end() - size, all.end());
  const auto start = std::chrono::steady_clock::now();
  measure_repeat(model, first, last, options);
  const double first_seconds = seconds_since(start);
  const Repeat trial = measure_repeat(model, first, last, options);

  const auto tried = static_cast<double>(size);
  const auto spaces = model.places().inputs();
  double vectors = 0, widths = 0;  // of an example at a place; of all places
  for (const Place& space : spaces)
    vectors += static_cast<double>(trial.measures[space.input].samples) / tried;
  vectors /= static_cast<double>(spaces.size());
  for (const Place& place : model.places()) widths += static_cast<double>(place.dim);
  const double repeat = trial.sampling_seconds * examples / tried + trial.estimation_seconds +
                        trial.heldout_seconds * heldout / tried;
  // Beside what the trial took: statistics, and then blocks of held-out vectors.
  const double statistics = statistics_bytes(model, std::llround(vectors * examples), options),
               blocks = 2 * std::min(256.0, vectors * heldout) * widths * 4;
  print_cost(std::max(statistics, blocks),
             first_seconds + repeat * static_cast<double>(config.probe.repeats), inputs.compute);
  return 0;
}

}  // namespace eida

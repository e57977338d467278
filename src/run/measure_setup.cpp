#include "eida/run/measure_setup.h"

#include <algorithm>
#include <utility>

namespace eida {

MeasureOptions measure_options(const Config& config, TaskKind task, int64_t number,
                               const Communicator& processes) {
  MeasureOptions options;
  options.dims = config.subspace.dims;
  options.inputs.estimator = config.subspace.at_inputs();
  options.inputs.k = config.subspace.dims.back();
  options.inputs.seed = static_cast<uint64_t>(config.run.seed + number);
  options.outputs = options.inputs;
  options.outputs.estimator = config.subspace.at_outputs();
  options.sketch_from = config.sampling.sketch_from;
  options.memory_limit = config.run.memory_limit;
  options.processes = &processes;
  DrawOptions& draw = options.sampler.draw;
  draw.task = task;
  draw.batch_size = config.sampling.batch_size;
  draw.tokens_per_example = config.sampling.tokens_per_example;
  draw.token_rate = config.sampling.token_rate;
  draw.weighting = config.sampling.token_weighting;
  draw.head_first_token = config.sampling.classifier_tokens == ClassifierTokens::kFirst;
  draw.seed = static_cast<uint64_t>(config.run.seed);
  draw.repeat = static_cast<uint64_t>(number);
  return options;
}

RankRuleOptions rank_rule_options(const RankOptions& options) {
  return {.rule = options.rule,
          .wide = options.wide,
          .narrow = options.narrow,
          .fixed = options.fixed,
          .margin = options.margin,
          .energy = options.energy,
          .budget = options.budget.value_or(0),
          .plan = options.plan};
}

DrawnExamples draw_fresh(const Dataset& data, const ExampleTokenizer& tokenizer,
                         const Config& config, int64_t heldout, int64_t number, bool quiet) {
  const int64_t examples = config.sampling.examples;
  DrawnExamples drawn;
  drawn.tokens = tokenizer.tokenize_drawn(
      data, examples + heldout,
      Rng(static_cast<uint64_t>(config.run.seed), "examples", static_cast<uint64_t>(number)),
      quiet);
  const auto all = drawn.tokens.pointers();
  drawn.examples.assign(all.begin(), all.begin() + examples);
  drawn.heldout.assign(all.begin() + examples, all.end());
  return drawn;
}

void check_draws(const Dataset& data, const ExampleTokenizer& tokenizer, const Config& config,
                 int64_t heldout, int64_t first, int64_t count,
                 const std::function<void(const DrawnExamples&, const MeasureOptions&)>& check) {
  constexpr int64_t kEveryTextHas = 2;  // its special tokens
  constexpr int64_t kMost = 100;
  const bool all = config.run.memory_limit || config.sampling.tokens_per_example > kEveryTextHas;
  for (int64_t number = first; number < first + (all ? std::min(count, kMost) : 1); ++number) {
    check(draw_fresh(data, tokenizer, config, heldout, number, /*quiet=*/true),
          measure_options(config, data.kind(), number));
  }
}

}  // namespace eida

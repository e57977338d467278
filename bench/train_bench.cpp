/// Times optimiser steps; prints one JSON line with the keys of the Python peers.
/// FILE holds the rows of consecutive batches, in the task's format; steps before the last
/// `--steps` are not timed. bench/train_race.sh runs this beside the peers.
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <chrono>

#include "bench_line.h"
#include "eida/adapter/method.h"
#include "eida/core/stopwatch.h"
#include "eida/parallel/run_ranks.h"
#include "eida/programs/programs.h"
#include "eida/subspace/rank_plan.h"

namespace {

struct Options {
  eida::Config config;
  int64_t steps = 20;
  int64_t pass_tokens = eida::StepOptions{}.pass_tokens;
};

/// Random orthonormal bases of the plan's ranks: only the cost matters.
eida::PlaceBases random_bases(const eida::Places& places, const eida::RankPlan& plan,
                              const std::vector<eida::PlaceId>& sites) {
  eida::PerPlace<eida::Subspace> subspaces(places.size());
  for (eida::PlaceId id = 0; id < places.size(); ++id) {
    const eida::EstimateOptions options{eida::EstimatorKind::random, plan.ranks[id]};
    subspaces[id] = eida::estimate_unsampled(places[id].dim, options, places[id].name);
  }
  return eida::make_bases(places, subspaces, plan.ranks, sites);
}

std::vector<std::string> head_parameters(const eida::PretrainedModel& model) {
  std::vector<std::string> names;
  for (const auto& parameter : model.parameters()) {
    if (model.parameter_info(parameter.name).group == eida::ParameterGroup::kHead)
      names.push_back(parameter.name);
  }
  return names;
}

void parse(CLI::App& app, Options& options) {
  eida::Config& config = options.config;
  config.data.max_length = 0;
  eida::bench::add_model_options(app, config);
  eida::bench::add_choice<eida::TaskName>(app, "--task", config.data.task)->required();
  app.add_option("--rows", config.data.train)->required();
  app.add_option("--batch", config.train.batch_size, "examples of a batch");
  app.add_option("--accumulation", config.train.accumulation, "batches of a step");
  eida::bench::add_choice<eida::MethodKind>(app, "--method", config.method, "eida or lora");
  app.add_option("--rank-plan", config.ranks.plan, "ranks of method eida");
  app.add_option("--lora-rank", config.lora.rank);
  const auto take_sites = [&](const std::vector<std::string>& names) {
    config.sites.include.clear();
    for (const auto& name : names)
      config.sites.include.push_back(eida::from_string<eida::SiteRole>(name));
  };
  app.add_option_function<std::vector<std::string>>("--sites", take_sites);
  app.add_option("--steps", options.steps, "timed steps");
  app.add_option("--pass-tokens", options.pass_tokens);
}

int run(int argc, char** argv, const eida::Communicator& processes) {
  Options options;
  eida::Config& config = options.config;
  CLI::App app("Times optimiser steps");
  parse(app, options);
  CLI11_PARSE(app, argc, argv);
  const eida::ComputeSetting compute = eida::set_up_compute(config.run, processes);
  const auto data = eida::open_dataset(config.data.train, eida::reader_options(config.data));
  const eida::TokenizedSet tokens =
      eida::open_example_tokenizer(config, data->kind(), compute.threads).tokenize_all(*data);
  const auto model = eida::open_model(config, data->kind(),
                                      static_cast<int64_t>(data->class_names().size()), compute);
  const auto sites = eida::choose_sites(*model, {eida::to_strings(config.sites.include), true, {}});
  const auto method = eida::make_method(
      config.method, {sites, config.lora.rank, static_cast<double>(config.lora.rank), 0});
  eida::PlaceBases bases;
  if (method->needs_bases()) {
    const eida::Places& places = model->places();
    bases = random_bases(places, eida::read_rank_plan(config.ranks.plan, places), sites);
  }
  method->attach(*model, bases, 1);
  eida::FlatParameters parameters(eida::trained_tensors(*model, *method, head_parameters(*model)));
  eida::AdamW optimizer(parameters, {});
  eida::GradScaler scaler(false);
  eida::StepOptions step;
  step.task = data->kind();
  step.processes = &processes;
  step.pass_tokens = options.pass_tokens;

  const auto batch = static_cast<size_t>(config.train.batch_size),
             accumulation = static_cast<size_t>(config.train.accumulation);
  const size_t steps = tokens.examples.size() / (batch * accumulation);
  std::vector<double> seconds;
  std::chrono::steady_clock::time_point first_timed;
  int64_t trained_tokens = 0;
  for (size_t s = 0; s < steps; ++s) {
    std::vector<eida::ExampleBatch> batches(accumulation);
    for (size_t i = 0; i < batch * accumulation; ++i)
      batches[i / batch].push_back(&tokens.examples[s * batch * accumulation + i]);
    const auto start = std::chrono::steady_clock::now();
    const auto result = eida::train_step({*model, parameters, optimizer, scaler}, batches,
                                         {2e-5, 2e-5}, {1, static_cast<int64_t>(s)}, step);
    const double taken = eida::seconds_since(start);
    if (steps - s > static_cast<size_t>(options.steps)) continue;
    if (seconds.empty()) first_timed = start;
    seconds.push_back(taken);
    trained_tokens += result.tokens;
  }
  const auto window = eida::bench::window_since(first_timed);
  if (!processes.is_root()) return 0;
  double sum = 0.0;
  for (const double value : seconds) sum += value;
  const auto count = static_cast<double>(seconds.size());
  const nlohmann::ordered_json line = {
      {"program", "train_bench"},
      {"method", config.method},
      {"precision", config.run.precision},
      {"processes", processes.size()},
      {"steps", seconds.size()},
      {"seconds_per_step", sum / count},
      {"window", window},
      {"trainable", parameters.count()},
      {"mean_width",
       static_cast<double>(trained_tokens) / count / static_cast<double>(batch * accumulation)}};
  return eida::bench::print_line(line, compute);
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_ranks("train_bench", [&](const eida::Communicator& processes) {
    return run(argc, argv, processes);
  });
}

#include "inputs.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "eida/core/error.h"
#include "eida/core/stopwatch.h"
#include "eida/evaluation/evaluate.h"
#include "eida/run/measure_setup.h"

namespace eida {
namespace {

/// \param class_names of an earlier file, so that this one maps labels as that; empty: its own
std::shared_ptr<const Dataset> open_file(const std::filesystem::path& path, const Config& config,
                                         const std::vector<std::string>& class_names) {
  ReaderOptions reader = reader_options(config.data);
  reader.class_names = class_names;
  const auto start = std::chrono::steady_clock::now();
  auto data = open_dataset(path, reader);
  require_targets(*data, config.data);
  spdlog::info("{}: {} examples, opened in {:.2f} s", data->name(), data->size(),
               seconds_since(start));
  return data;
}

/// Tokens of examples at even distances: what is wrong with a file shows before anything is
/// computed.
TokenizedSet look_at(const Dataset& data, const ExampleTokenizer& tokenizer) {
  const int64_t count = std::min(data.size(), TrainInputs::kMostLookedAt);
  std::vector<int64_t> indices(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) indices[static_cast<size_t>(i)] = i * data.size() / count;
  return tokenizer.tokenize_all(data, indices);
}

void check_supported(const Config& config, TaskKind task) {
  const auto& extra = config.train.trainable_extra;
  const auto method = make_method(config.method);
  method->check(task, std::count(extra.begin(), extra.end(), "head") > 0);
  const bool trains_weights =
      method->trains_model() || std::count(extra.begin(), extra.end(), "embeddings") > 0;
  if (config.model.weights != "fp32" && trains_weights) {
    throw ConfigError(
        "model.weights: {} weights cannot be trained themselves, only adapters beside them (hint: "
        "fp32; run.precision sets the type of activations)",
        config.model.weights);
  }
}

/// What is asked of scores on data.dev.
void check_scores(const Config& config, TaskKind task) {
  const TrainOptions& train = config.train;
  const auto metrics = evaluation_metrics(task);
  if (!train.best_metric.empty() &&
      std::count(metrics.begin(), metrics.end(), train.best_metric) == 0) {
    throw ConfigError("train.best_metric: '{}' is not one of {}", train.best_metric,
                      fmt::join(metrics, ", "));
  }
  if (!config.data.dev.empty()) return;
  const char* useless = train.early_stopping         ? "early_stopping"
                        : train.eval_every           ? "eval_every"
                        : !train.best_metric.empty() ? "best_metric"
                                                     : nullptr;
  if (useless != nullptr)
    throw ConfigError("train.{}: there is nothing to score on (hint: --dev FILE)", useless);
}

/// What the first round would refuse.
void check_estimation(const Config& config, const TrainInputs& inputs) {
  if (!inputs.method->needs_bases()) return;
  if (inputs.method->basis_source() == BasisSource::kGradients)
    throw ConfigError("method: nothing estimates bases from gradients yet");
  const RankRuleOptions rule = rank_rule_options(config.ranks);
  const bool measured = measures_ranks(rule);
  const Places& places = inputs.model->places();
  if (measured) check_dims(places, config.subspace.dims);
  check_rank_rule(rule, places, config.subspace.dims);
  check_enough_examples(config.data.train.string(), inputs.train->size(), config.sampling.examples,
                        measured ? config.ranks.heldout : 0, "ranks.heldout");
}

}  // namespace

std::vector<std::filesystem::path> train_input_files(const Config& config) {
  std::vector<std::filesystem::path> files = {config.data.train};
  for (const auto& file : {config.data.dev, config.ranks.plan}) {
    if (!file.empty()) files.push_back(file);
  }
  return files;
}

TrainInputs open_train_inputs(const Config& config, const Communicator& processes) {
  TrainInputs inputs;
  inputs.compute = set_up_compute(config.run, processes, /*scaled_loss=*/true);
  inputs.task = task_kind(parse_data_task(config.data.task));
  check_supported(config, inputs.task);
  check_scores(config, inputs.task);
  inputs.train = open_file(config.data.train, config, {});
  if (const auto order = class_order(*inputs.train, config); !order.empty())
    inputs.train = open_file(config.data.train, config, order);
  const auto class_names = inputs.train->class_names();
  inputs.tokenizer = std::make_unique<ExampleTokenizer>(
      open_example_tokenizer(config, inputs.task, inputs.compute.threads));
  inputs.look = look_at(*inputs.train, *inputs.tokenizer);
  if (!config.data.dev.empty())
    inputs.dev = inputs.tokenizer->tokenize_all(*open_file(config.data.dev, config, class_names));
  inputs.model =
      open_model(config, inputs.task, static_cast<int64_t>(class_names.size()), inputs.compute);
  inputs.base = model_fingerprint(config);
  if (config.train.dropout) inputs.model->set_dropout(*config.train.dropout);
  inputs.model->set_gradient_checkpointing(config.train.gradient_checkpointing);
  inputs.sites = choose_sites(
      *inputs.model, {config.sites.include, config.sites.layers.all, config.sites.layers.listed});
  inputs.method = make_method(config.method, {inputs.sites, config.lora.rank, config.lora.alpha,
                                              static_cast<uint64_t>(config.run.seed)});
  check_estimation(config, inputs);
  return inputs;
}

std::vector<std::string> extra_parameters(const Config& config, const PretrainedModel& model,
                                          const Method& method) {
  const auto& groups = config.train.trainable_extra;
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model.parameters()) {
    const std::string group = parameter_group(name, model.config());
    if (method.trains_model() || std::count(groups.begin(), groups.end(), group) > 0)
      names.push_back(name);
  }
  return names;
}

int64_t steps_per_round(const Config& config, int64_t examples) {
  const auto up = [](int64_t count, int64_t by) { return (count + by - 1) / by; };
  const int64_t batches = up(examples, config.train.batch_size);
  const int64_t steps = up(batches, config.train.accumulation);
  return config.train.max_steps ? std::min(steps, *config.train.max_steps) : steps;
}

ScheduleOptions schedule_options(const Config& config, int64_t steps) {
  ScheduleOptions options;
  options.steps_per_round = steps;
  options.rounds = config.rounds;
  options.warmup_ratio = config.train.warmup_ratio;
  options.whole_run = config.train.schedule == "global";
  options.rewarm = !config.train.carry_moments;
  return options;
}

StepOptions step_options(const Config& config, const TrainInputs& inputs) {
  StepOptions options;
  options.task = inputs.task;
  options.processes = inputs.compute.processes;
  options.loss_norm =
      config.train.loss_norm == "global" ? LossNorm::kGlobal : LossNorm::kMeanOfMeans;
  options.label_smoothing = config.train.label_smoothing;
  options.clip_norm = config.train.clip_norm;
  options.seed = static_cast<uint64_t>(config.run.seed);
  return options;
}

}  // namespace eida

#include "inputs.h"

#include <fmt/format.h>

#include <algorithm>

#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "eida/evaluation/evaluate.h"
#include "eida/run/measure_setup.h"

namespace eida {
namespace {

/// Tokens of examples at even distances: what is wrong with a file shows before anything is
/// computed.
TokenizedSet preview(const Dataset& data, const ExampleTokenizer& tokenizer) {
  const int64_t count = std::min(data.size(), TrainInputs::kLargestPreview);
  std::vector<int64_t> indices(static_cast<size_t>(count));
  for (int64_t i = 0; i < count; ++i) indices[static_cast<size_t>(i)] = i * data.size() / count;
  return tokenizer.tokenize_all(data, indices);
}

void check_supported(const Config& config, TaskKind task) {
  const auto& extra = config.train.trainable_extra;
  const auto method = make_method(config.method);
  method->check(task, contains(extra, TrainableExtra::kHead));
  const bool trains_weights =
      method->trains_model() || contains(extra, TrainableExtra::kEmbeddings);
  if (config.model.weights != WeightsType::kFp32 && trains_weights) {
    throw ConfigError(
        "model.weights: {} weights cannot be trained themselves, only adapters beside them (hint: "
        "fp32; run.precision sets the type of activations)",
        config.model.weights);
  }
}

/// What is asked of scores on data.dev.
void check_scores(const Config& config) {
  const TrainOptions& train = config.train;
  best_score(config);
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
  check_draws(*inputs.train, *inputs.tokenizer, config, measured ? config.ranks.heldout : 0, 1,
              config.rounds, [&](const DrawnExamples& drawn, const MeasureOptions& options) {
                check_round(*inputs.model, drawn.examples, drawn.heldout, rule, options);
              });
}

/// Values, gradients and AdamW's two moments of all that is trained, and the logits of data.dev.
void check_memory(const Config& config, const TrainInputs& inputs) {
  if (!inputs.compute.device.is_cpu()) return;
  const PretrainedModel& model = *inputs.model;
  double trained = 0.0;
  if (!inputs.method->needs_bases())
    trained = static_cast<double>(inputs.method->parameter_count(model.places(), {}));
  for (const auto& [name, tensor] : model.parameters())
    if (std::ranges::count(inputs.extra, name) > 0) trained += static_cast<double>(tensor.numel());
  const double scored =
      inputs.task == TaskKind::kClassification
          ? static_cast<double>(inputs.dev.examples.size()) * model.config().num_labels
          : 0.0;
  require_memory(16.0 * trained + 20.0 * scored,
                 fmt::format("method {}: training {:.0f} parameters", config.method, trained),
                 "lower lora.rank, train fewer sites or less beside the adapters");
}

/// Names of the model's parameters that train beside the adapters (all of them: method full).
std::vector<std::string> extra_parameters(const Config& config, const PretrainedModel& model,
                                          const Method& method) {
  const auto groups = to_strings(config.train.trainable_extra);
  std::vector<std::string> names;
  for (const auto& [name, tensor] : model.parameters()) {
    const std::string group = group_name(model.parameter_info(name).group);
    if (method.trains_model() || std::count(groups.begin(), groups.end(), group) > 0)
      names.push_back(name);
  }
  return names;
}

/// What the checkpoint lacks, as it is before training; nothing where the seed alone gives the
/// base.
std::vector<NamedTensor> initial_values(const Config& config, const PretrainedModel& model) {
  std::vector<NamedTensor> values;
  if (config.model.init == ModelInit::kRandom) return values;
  const auto& newly_initialised = model.newly_initialised();
  for (const auto& [name, tensor] : model.parameters()) {
    if (std::count(newly_initialised.begin(), newly_initialised.end(), name) > 0)
      values.push_back({name, tensor.detach().clone()});
  }
  return values;
}

}  // namespace

TrainInputs open_train_inputs(const Config& config, const Communicator& processes) {
  TrainInputs inputs;
  inputs.compute = set_up_compute(config.run, processes, /*scaled_loss=*/true);
  inputs.task = task_of(*config.data.task).kind;
  check_supported(config, inputs.task);
  check_scores(config);
  inputs.train = open_training_data(config.data.train, config);
  const auto class_names = inputs.train->class_names();
  if (inputs.train->one_class()) {
    throw DataError(
        "{}: every label is '{}': from one class nothing is learnt (hint: is the file cut short, "
        "or is this another column than the labels?)",
        inputs.train->name(), class_names[static_cast<size_t>(inputs.train->at(0).label)]);
  }
  inputs.tokenizer = std::make_unique<ExampleTokenizer>(
      open_example_tokenizer(config, inputs.task, inputs.compute.threads));
  inputs.preview = preview(*inputs.train, *inputs.tokenizer);
  if (!config.data.dev.empty())
    inputs.dev =
        inputs.tokenizer->tokenize_all(*open_training_data(config.data.dev, config, class_names));
  inputs.model =
      open_model(config, inputs.task, static_cast<int64_t>(class_names.size()), inputs.compute);
  inputs.base = model_fingerprint(config);
  if (config.train.dropout) inputs.model->set_dropout(*config.train.dropout);
  inputs.model->set_gradient_checkpointing(config.train.gradient_checkpointing);
  inputs.sites = choose_sites(*inputs.model, {to_strings(config.sites.include),
                                              config.sites.layers.all, config.sites.layers.listed});
  inputs.method = make_method(config.method, {inputs.sites, config.lora.rank, config.lora.alpha,
                                              static_cast<uint64_t>(config.run.seed)});
  inputs.extra = extra_parameters(config, *inputs.model, *inputs.method);
  check_memory(config, inputs);
  inputs.newly_initialised = initial_values(config, *inputs.model);
  check_estimation(config, inputs);
  return inputs;
}

const TaskScore& best_score(const Config& config) {
  const std::vector<TaskScore>& scores = task_of(*config.data.task).scores;
  const std::string& wanted = config.train.best_metric;
  if (wanted.empty()) return scores.front();
  std::vector<std::string> names;
  for (const TaskScore& score : scores) {
    if (score.name == wanted) return score;
    names.push_back(score.name);
  }
  throw ConfigError("train.best_metric: '{}' is not one of {}", wanted, fmt::join(names, ", "));
}

int64_t steps_per_round(const Config& config, const TrainInputs& inputs) {
  const auto up = [](int64_t count, int64_t by) { return (count + by - 1) / by; };
  const int64_t batches = up(inputs.train->size(), config.train.batch_size);
  const int64_t steps = up(batches, config.train.accumulation);
  return config.train.max_steps ? std::min(steps, *config.train.max_steps) : steps;
}

ScheduleOptions schedule_options(const Config& config, const TrainInputs& inputs) {
  return {.steps_per_round = steps_per_round(config, inputs),
          .rounds = config.rounds,
          .warmup_ratio = config.train.warmup_ratio,
          .whole_run = config.train.schedule == Schedule::kGlobal,
          .rewarm = !config.train.carry_moments};
}

LearningRates learning_rates(const Config& config, const ScheduleOptions& schedule,
                             StepNumber number) {
  const double factor = learning_rate_factor(schedule, number.round, number.step);
  return {config.train.lr * factor, config.train.head_lr.value_or(config.train.lr) * factor};
}

TrainingOptions training_options(const Config& config, const TrainInputs& inputs) {
  return {.extra = inputs.extra,
          .adamw = {.weight_decay = config.train.weight_decay},
          .carry_moments = config.train.carry_moments,
          .scaled_loss = inputs.compute.precision == at::kHalf};
}

StepOptions step_options(const Config& config, const TrainInputs& inputs) {
  return {.task = inputs.task,
          .loss_norm = config.train.loss_norm,
          .label_smoothing = config.train.label_smoothing,
          .clip_norm = config.train.clip_norm,
          .seed = static_cast<uint64_t>(config.run.seed),
          .processes = inputs.compute.processes};
}

}  // namespace eida

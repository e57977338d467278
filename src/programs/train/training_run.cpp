#include "training_run.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

#include "../../measure/estimate_round.h"
#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/progress.h"
#include "eida/core/signals.h"
#include "eida/core/stopwatch.h"
#include "eida/run/measure_setup.h"
#include "round_steps.h"
#include "subspace_record.h"

namespace eida {

TrainingRun::TrainingRun(const Config& config, TrainInputs inputs, const RunFolder* folder,
                         Manifest manifest)
    : config_(config),
      inputs_(std::move(inputs)),
      processes_(inputs_.compute.processes),
      folder_(folder),
      manifest_(std::move(manifest)),
      state_file_(file("state/state.safetensors")),
      scaler_(inputs_.compute.precision == at::kHalf) {
  const bool completion = inputs_.task == TaskKind::kCompletion;
  dev_ = inputs_.dev.pointers();
  // Logits of a vocabulary are large: fewer completions than sentences compare adapted and merged.
  heldout_ = dev_.empty() ? inputs_.look.pointers() : dev_;
  heldout_.resize(std::min<size_t>(heldout_.size(), completion ? 8 : 64));
  steps_per_round_ = steps_per_round(config_, inputs_.train->size());
  schedule_ = schedule_options(config_, steps_per_round_);
  if (config_.model.init == "random") return;  // the seed alone gives the base
  const auto& seeded = inputs_.model->seeded();
  for (const auto& [name, tensor] : inputs_.model->parameters()) {
    if (std::count(seeded.begin(), seeded.end(), name) > 0)
      seeded_values_.push_back({name, tensor.detach().clone()});
  }
}

int64_t TrainingRun::resume_or_start() {
  if (ask_root(*processes_, [&] { return std::filesystem::exists(state_file_); })) {
    TrainingState state = read_training_state(state_file_);
    position_ = std::move(state.position);
    bases_ = std::move(state.bases);
    check_state();
    earlier_seconds_ = position_.seconds;
    history_ = parse_json(position_.history, state_file_.string());
    restoring_ = true;
    restore_weights(position_.round);
    spdlog::info("going on at round {}, step {} of {}", position_.round, position_.step,
                 steps_per_round_);
  }
  if (folder_ == nullptr) return position_.round;
  metrics_.emplace(folder_->file("metrics.jsonl"), position_.metrics_bytes);
  if (config_.train.tensorboard)
    events_.emplace(folder_->path() / "tensorboard", step_of_run() + 1);
  return position_.round;
}

/// What must not change while a run is stopped: the model, and every data file by its path.
nlohmann::json TrainingRun::fingerprint() const {
  const auto folder =
      (std::filesystem::absolute(config_.model.path) / "").lexically_normal().string();
  nlohmann::json json = {{"model", inputs_.base}};
  for (const InputFile& file : manifest_.inputs) {
    if (!file.path.starts_with(folder)) json[file.path] = file.sha256;
  }
  return json;
}

/// What was read belongs to this run. \throws FormatError, DataError where model or data changed
void TrainingRun::check_state() const {
  if (position_.round > config_.rounds || position_.step > steps_per_round_ ||
      (inputs_.method->needs_bases() && bases_.size() != inputs_.model->places().size())) {
    throw FormatError("{}: not a state of this run (hint: --overwrite starts afresh)",
                      state_file_.string());
  }
  if (folder_ == nullptr) return;  // the process that writes knows what it reads
  const nlohmann::json now = fingerprint(),
                       before = parse_json(position_.inputs, state_file_.string());
  for (const auto& [name, value] : before.items()) {
    if (now.value(name, nlohmann::json()) == value) continue;
    throw DataError(
        "--resume: {} is not what the stopped run read (hint: put it back, or --overwrite)",
        name == "model" ? config_.model.path.string() : name);
  }
}

/// The weights that `round` starts from: the base with all earlier rounds merged, by the same sums
/// in the same order as when they were trained.
void TrainingRun::restore_weights(int64_t round) {
  if (inputs_.method->continues()) return;  // the state holds everything that is trained
  std::vector<std::filesystem::path> files;
  for (int64_t r = 1; r < round; ++r) files.push_back(round_file(r, "adapter.safetensors"));
  merge_adapter_files(*inputs_.model, files, inputs_.base);
}

void TrainingRun::begin(int64_t round) {
  round_start_ = std::chrono::steady_clock::now();
  prepare_seconds_ = step_seconds_ = sampling_seconds_ = estimation_seconds_ = 0.0;
  examples_ = tokens_ = 0;
  if (!restoring_) {
    position_.round = round;
    position_.step = 0;
    position_.loss_sum = position_.logged_loss = 0.0;
    position_.losses = position_.logged_losses = 0;
    if (inputs_.method->needs_bases()) estimate_bases();
  }
  inputs_.method->attach(*inputs_.model, bases_, round);
  collect_parameters();
  if (restoring_) {
    restore_training_state(state_file_, *parameters_, *optimizer_, scaler_);
    restoring_ = false;
  } else {
    save_state();
  }
  agree_on_values();
  if (folder_ == nullptr) return;
  if (!position_.rank_plan.empty())
    write_file_atomic(round_file(position_.round, "rank_plan.json"), position_.rank_plan);
  if (!position_.subspaces.empty())
    write_file_atomic(round_file(position_.round, "subspaces.json"), position_.subspaces);
  write_audit();
  write_report(/*running=*/true);
}

void TrainingRun::estimate_bases() {
  const RankRuleOptions rule = rank_rule_options(config_.ranks);
  const int64_t heldout = measures_ranks(rule) ? config_.ranks.heldout : 0;
  const DrawnExamples drawn =
      draw_fresh(*inputs_.train, *inputs_.tokenizer, config_, heldout, position_.round);
  Progress progress("sampling", config_.sampling.examples + heldout, "examples");
  MeasureOptions options = measure_options(config_, inputs_.task, position_.round, *processes_);
  options.sampler.progress = advance_and_check(progress);
  const RoundEstimate estimate =
      estimate_round(*inputs_.model, drawn.examples, drawn.heldout, rule, options);
  const Places& places = inputs_.model->places();
  PlaceBases bases = make_bases(places, estimate.subspaces, estimate.plan.ranks, inputs_.sites);
  position_.subspaces = json_text(subspace_record(places, estimate, bases, bases_));
  bases_ = std::move(bases);
  position_.rank_plan = estimate.plan.to_json(places);
  sampling_seconds_ = estimate.sampling_seconds;
  estimation_seconds_ = estimate.estimation_seconds;
  spdlog::info("round {}: sampling {:.1f} s, subspaces {:.1f} s", position_.round,
               sampling_seconds_, estimation_seconds_);
}

/// Processors of different make may round differently: what is trained is one and the same again.
void TrainingRun::agree_on_values() const { processes_->broadcast(parameters_->values()); }

/// Puts adapter tensors and extra parameters into one flat buffer, and gives AdamW its start.
void TrainingRun::collect_parameters() {
  if (parameters_ != nullptr && inputs_.method->continues()) {
    if (!config_.train.carry_moments) restart_optimizer();
    return;
  }
  const std::unique_ptr<FlatParameters> before = std::move(parameters_);
  const std::unique_ptr<AdamW> moments = std::move(optimizer_);
  parameters_ = std::make_unique<FlatParameters>(trained_tensors(
      *inputs_.model, *inputs_.method, extra_parameters(config_, *inputs_.model, *inputs_.method)));
  restart_optimizer();
  if (config_.train.carry_moments && moments != nullptr) carry_moments(*before, *moments);
}

/// AdamW goes on with the moments of the round before: the adapters' rotated into this round's
/// bases, all others as they are.
void TrainingRun::carry_moments(const FlatParameters& before, const AdamW& moments) {
  const auto carry = [&](const at::Tensor& from, const at::Tensor& to, bool squared) {
    std::map<std::string, at::Tensor> by_name;
    for (size_t i = 0; i < before.tensors().size(); ++i)
      by_name[before.tensors()[i].name] = before.view_of(from, i);
    by_name = inputs_.method->carry_moments(std::move(by_name), squared);
    for (size_t i = 0; i < parameters_->tensors().size(); ++i)
      parameters_->view_of(to, i).copy_(by_name.at(parameters_->tensors()[i].name));
  };
  carry(moments.first(), optimizer_->first(), /*squared=*/false);
  carry(moments.second(), optimizer_->second(), /*squared=*/true);
  optimizer_->set_steps(moments.steps());
}

void TrainingRun::restart_optimizer() {
  AdamwOptions options;
  options.weight_decay = config_.train.weight_decay;
  optimizer_ = std::make_unique<AdamW>(*parameters_, options);
}

void TrainingRun::write_audit() const {
  const ParameterAudit audit = audit_parameters(
      *inputs_.model, inputs_.method->trainable(),
      extra_parameters(config_, *inputs_.model, *inputs_.method), inputs_.method->frozen());
  if (position_.round == 1) {
    spdlog::info("training {} parameters ({} without the head), {} frozen", audit.total(),
                 audit.without_head(), audit.frozen);
  }
  write_file_atomic(folder_->file("audit.json"), json_text(audit.to_json()));
}

void TrainingRun::train() {
  RoundSteps steps(config_, inputs_, position_.round, position_.step);
  const StepOptions options = step_options(config_, inputs_);
  Progress progress(fmt::format("round {} of {}", position_.round, config_.rounds),
                    steps_per_round_ - position_.step, "steps");
  saved_at_ = std::chrono::steady_clock::now();
  while (position_.step < steps_per_round_) {
    const auto start = std::chrono::steady_clock::now();
    const std::vector<ExampleBatch>& batches = steps.next();
    prepare_seconds_ += seconds_since(start);
    const double factor = learning_rate_factor(schedule_, position_.round, position_.step);
    const double lr = config_.train.lr * factor;
    const double head_lr = config_.train.head_lr.value_or(config_.train.lr) * factor;
    const StepResult result =
        train_step(*inputs_.model, *parameters_, *optimizer_, scaler_, batches, lr, head_lr,
                   {position_.round, position_.step}, options);
    ++position_.step;
    for (const ExampleBatch& batch : batches) examples_ += static_cast<int64_t>(batch.size());
    tokens_ += result.tokens;
    prepare_seconds_ += result.prepare_seconds;
    step_seconds_ += seconds_since(start);
    log_step(result, lr);
    progress.advance();
    if (config_.train.eval_every && position_.step % *config_.train.eval_every == 0)
      evaluate_within_round();
    if (state_is_due() || result.signal != 0) save_state();
    if (result.signal != 0) processes_->barrier();  // the state is there before anyone ends
    stop_for(result.signal);
  }
  steps.log_losses();
  agree_on_values();
  save_state();
  spdlog::info("round {}: {:.1f} examples/s, {:.0f} tokens/s; {:.2f} % of the time for data",
               position_.round, static_cast<double>(examples_) / std::max(1e-9, step_seconds_),
               static_cast<double>(tokens_) / std::max(1e-9, step_seconds_),
               100.0 * prepare_seconds_ / std::max(1e-9, step_seconds_));
}

void TrainingRun::log_step(const StepResult& result, double lr) {
  if (std::isfinite(result.loss)) {
    position_.loss_sum += result.loss;
    position_.logged_loss += result.loss;
    ++position_.losses;
    ++position_.logged_losses;
  }
  if (result.skipped) {
    spdlog::info("round {}, step {}: float16 overflowed, the step is left out; loss scale {}",
                 position_.round, position_.step, scaler_.scale());
  }
  if (folder_ == nullptr) return;
  const int64_t every = config_.train.log_every;
  if (position_.step % every != 0 && position_.step != steps_per_round_) return;
  const double loss = position_.logged_loss / static_cast<double>(position_.logged_losses),
               rate = static_cast<double>(examples_) / std::max(1e-9, step_seconds_);
  metrics_->write({{"round", position_.round},
                   {"step", position_.step},
                   {"loss", loss},
                   {"lr", lr},
                   {"grad_norm", result.grad_norm},
                   {"examples_per_s", rate}});
  if (events_) {
    events_->write(step_of_run(), {{"train/loss", loss},
                                   {"train/lr", lr},
                                   {"train/grad_norm", result.grad_norm},
                                   {"train/examples_per_s", rate}});
  }
  position_.logged_loss = 0.0;
  position_.logged_losses = 0;
}

/// Optimiser steps since the start of the first round.
int64_t TrainingRun::step_of_run() const {
  return (position_.round - 1) * steps_per_round_ + position_.step;
}

void TrainingRun::log_scores(const Evaluation& scores) {
  if (!events_) return;
  std::vector<Scalar> scalars;
  for (const auto& [metric, value] : scores) scalars.push_back({"eval/" + metric, value});
  events_->write(step_of_run(), scalars);
}

/// To its end, whatever signal comes: what was trained is saved behind it.
void TrainingRun::evaluate_within_round() {
  if (dev_.empty()) return;
  const Evaluation scores = evaluate(*inputs_.model, dev_, inputs_.task, *processes_);
  if (folder_ == nullptr) return;
  spdlog::info("round {}, step {}: {}", position_.round, position_.step, to_text(scores));
  metrics_->write({{"round", position_.round},
                   {"step", position_.step},
                   {"event", "eval"},
                   {"eval", to_json(scores)}});
  log_scores(scores);
}

bool TrainingRun::state_is_due() const {
  if (config_.train.save_every > 0 && position_.step % config_.train.save_every == 0) return true;
  const double minutes = config_.train.save_minutes;
  return minutes > 0.0 && seconds_since(saved_at_) > 60.0 * minutes;
}

void TrainingRun::save_state() {
  if (folder_ == nullptr) return;
  metrics_->sync();
  position_.metrics_bytes = metrics_->bytes();
  position_.history = history_.dump();
  position_.inputs = fingerprint().dump();
  position_.seconds = earlier_seconds_ + seconds_since(start_);
  write_training_state(state_file_, position_, bases_, *parameters_, *optimizer_, scaler_);
  saved_at_ = std::chrono::steady_clock::now();
}

void TrainingRun::merge() {
  const PackedBatch batch = pack(heldout_, inputs_.task);
  const at::Tensor before = reference_logits(*inputs_.model, batch);
  inputs_.method->merge(*inputs_.model);
  parity_ = compare_logits(before, reference_logits(*inputs_.model, batch), batch,
                           /*rounded=*/inputs_.model->masters() != nullptr);
}

}  // namespace eida

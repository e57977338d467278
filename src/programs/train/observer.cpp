#include "observer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "eida/adapter/audit.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/stopwatch.h"
#include "eida/core/system_info.h"
#include "results.h"

namespace eida {

Observer::Observer(const Config& config, const TrainInputs& inputs, const RunFolder* folder,
                   Manifest manifest)
    : config_(&config),
      inputs_(&inputs),
      folder_(folder),
      manifest_(std::move(manifest)),
      steps_per_round_(steps_per_round(config, inputs)) {}

void Observer::start(const TrainingCheckpoint& at) {
  earlier_seconds_ = at.seconds;
  if (folder_ == nullptr) return;
  metrics_.emplace(folder_->file("metrics.jsonl"), at.metrics_bytes);
  if (config_->train.tensorboard)
    events_.emplace(folder_->path() / "tensorboard", step_of_run(at) + 1);
}

void Observer::begin_round() {
  round_start_ = std::chrono::steady_clock::now();
  prepare_seconds_ = step_seconds_ = sampling_seconds_ = estimation_seconds_ = 0.0;
  examples_ = tokens_ = 0;
}

void Observer::estimated(int64_t round, const RoundEstimate& estimate, const PlaceBases& bases,
                         const PlaceBases& before) {
  sampling_seconds_ = estimate.sampling_seconds;
  estimation_seconds_ = estimate.estimation_seconds;
  spdlog::info("round {}: sampling {:.1f} s, subspaces {:.1f} s", round, sampling_seconds_,
               estimation_seconds_);
  if (folder_ == nullptr) return;
  const Places& places = inputs_->model->places();
  write_file_atomic(folder_->file(round_file(round, "rank_plan.json")),
                    estimate.plan.to_json(places));
  write_file_atomic(folder_->file(round_file(round, "subspaces.json")),
                    json_text(subspace_record(places, estimate, bases, before)));
}

void Observer::attached(const TrainingCheckpoint& at, const Training& training) {
  trainable_ = training.parameters().count();
  progress_.emplace(fmt::format("round {} of {}", at.round, config_->rounds),
                    steps_per_round_ - at.step, "steps");
  if (folder_ == nullptr) return;
  const ParameterAudit audit = audit_parameters(*inputs_->model, inputs_->method->trainable(),
                                                inputs_->extra, inputs_->method->frozen());
  if (at.round == 1) {
    spdlog::info("training {} parameters ({} without the head), {} frozen", audit.total(),
                 audit.without_head(), audit.frozen);
  }
  write_file_atomic(folder_->file("audit.json"), json_text(audit.to_json()));
  write_page(at, /*running=*/true);
}

/// A second of steps. \param count of examples or tokens
double Observer::rate(int64_t count) const {
  return static_cast<double>(count) / std::max(1e-9, step_seconds_);
}

void Observer::stepped(TrainingCheckpoint& at, const std::vector<ExampleBatch>& batches,
                       const StepResult& result, double lr, double seconds) {
  for (const ExampleBatch& batch : batches) examples_ += static_cast<int64_t>(batch.size());
  tokens_ += result.tokens;
  prepare_seconds_ += result.prepare_seconds;
  step_seconds_ += seconds;
  at.loss.add(result.loss);
  at.logged.add(result.loss);
  progress_->advance();
  if (folder_ == nullptr) return;
  if (at.step % config_->train.log_every != 0 && at.step != steps_per_round_) return;
  const double loss = at.logged.mean();
  metrics_->write({{"round", at.round},
                   {"step", at.step},
                   {"loss", loss},
                   {"lr", lr},
                   {"grad_norm", result.grad_norm},
                   {"examples_per_s", rate(examples_)}});
  if (events_) {
    events_->write(step_of_run(at), {{"train/loss", loss},
                                     {"train/lr", lr},
                                     {"train/grad_norm", result.grad_norm},
                                     {"train/examples_per_s", rate(examples_)}});
  }
  at.logged = {};
}

void Observer::scored(const TrainingCheckpoint& at, const Scores& scores) {
  if (folder_ == nullptr) return;
  spdlog::info("round {}, step {}: {}", at.round, at.step, to_text(scores));
  metrics_->write(
      {{"round", at.round}, {"step", at.step}, {"event", "eval"}, {"eval", to_json(scores)}});
  write_scores(at, scores);
}

void Observer::write_scores(const TrainingCheckpoint& at, const Scores& scores) {
  if (!events_) return;
  std::vector<Scalar> scalars;
  for (const auto& [metric, value] : scores) scalars.push_back({"eval/" + metric, value});
  events_->write(step_of_run(at), scalars);
}

void Observer::trained(const TrainingCheckpoint& at, const RoundSteps& steps) {
  progress_.reset();
  steps.log_truncation();
  spdlog::info("round {}: {:.1f} examples/s, {:.0f} tokens/s; {:.2f} % of the time for data",
               at.round, rate(examples_), rate(tokens_),
               100.0 * (prepare_seconds_ + steps.seconds()) / std::max(1e-9, step_seconds_));
}

void Observer::complete(RoundRecord& record, const TrainingCheckpoint& at) {
  if (!record.scores.empty()) {
    write_scores(at, record.scores);
    spdlog::info("round {}: {}", at.round, to_text(record.scores));
  }
  const auto subspaces = config_->run.output / round_file(at.round, "subspaces.json");
  if (folder_ != nullptr && std::filesystem::exists(subspaces))
    record.subspaces = subspace_means(read_json(subspaces));
  record.trainable_parameters = trainable_;
  record.seconds = seconds_since(round_start_);
  record.sampling_seconds = sampling_seconds_;
  record.estimation_seconds = estimation_seconds_;
  if (!metrics_) return;
  nlohmann::ordered_json line = {{"round", record.round}, {"event", "round_end"}};
  line.update(to_json(record));
  line.erase("merge");
  metrics_->write(line);
}

void Observer::finished_round(const TrainingCheckpoint& at) const {
  if (folder_ == nullptr) return;
  nlohmann::json merges = nlohmann::json::array();
  for (const RoundRecord& round : at.rounds) {
    if (round.merge) merges.emplace_back(to_json(*round.merge, round.round));
  }
  write_file_atomic(folder_->file("merge_report.json"), json_text({{"rounds", merges}}));
  write_file_atomic(folder_->file("summary.json"), json_text(summary(at)));
  const auto& merge = at.rounds.back().merge;
  write_page(at, /*running=*/!merge || merge->holds());
}

void Observer::write_page(const TrainingCheckpoint& at, bool running) const {
  if (folder_ == nullptr) return;
  TrainReport report = read_train_report(*config_, *inputs_, folder_->path(), at.rounds);
  report.manifest = manifest_;
  report.running = running;
  write_train_report(folder_->file("report.html"), report);
}

int64_t Observer::sync() {
  if (!metrics_) return 0;
  metrics_->sync();
  return metrics_->bytes();
}

std::string Observer::metrics_sha256() const {
  return metrics_ ? metrics_->sha256() : Sha256().hex();
}

double Observer::seconds() const { return earlier_seconds_ + seconds_since(start_); }

/// Optimiser steps since the start of the first round.
int64_t Observer::step_of_run(const TrainingCheckpoint& at) const {
  return (at.round - 1) * steps_per_round_ + at.step;
}

nlohmann::ordered_json Observer::summary(const TrainingCheckpoint& at) const {
  nlohmann::ordered_json json = {{"method", config_->method}, {"rounds_done", at.rounds.size()}};
  if (!at.rounds.empty() && !at.rounds.back().scores.empty()) {
    const TaskScore& metric = best_score(*config_);
    const RoundRecord& best = *best_round(at.rounds, metric);
    json["metric"] = metric.name;
    json["best_score"] = score_of(best, metric.name);
    json["best_round"] = best.round;
    json["last_score"] = score_of(at.rounds.back(), metric.name);
  }
  json["trainable_parameters"] = trainable_;
  json["examples_per_second"] =  // null where a resumed run had no step left
      examples_ > 0 ? nlohmann::json(static_cast<double>(examples_) / step_seconds_) : nullptr;
  json["seconds"] = seconds();
  json["cpu_seconds"] = cpu_seconds();
  json["peak_memory_mib"] = peak_memory_mib();
  nlohmann::json rounds = nlohmann::json::array();  // names in their order
  for (const RoundRecord& round : at.rounds) rounds.emplace_back(to_json(round));
  json["rounds"] = rounds;
  return json;
}

}  // namespace eida

// What a training run keeps and says after each round.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/signals.h"
#include "eida/core/stopwatch.h"
#include "eida/core/system_info.h"
#include "page.h"
#include "subspace_record.h"
#include "training_run.h"

namespace eida {

void TrainingRun::save_and_evaluate() {
  save_round();
  close_round_record();
  if (folder_ == nullptr) return;
  if (best_round() == history_.size() - 1)
    link_folder(folder_->path() / "model", folder_->path() / "best");
  nlohmann::json merges = nlohmann::json::array();
  for (const auto& round : history_) merges.push_back(round.at("merge"));
  write_file_atomic(folder_->file("merge_report.json"), json_text({{"rounds", merges}}));
  write_file_atomic(folder_->file("summary.json"), json_text(summary()));
  write_report(/*running=*/parity_.holds());
  if (!parity_.holds()) {
    throw NumericError(
        "merging round {}: adapted and merged logits differ by {:.3g}, more than {:.3g} (the model "
        "and "
        "the state are saved; hint: a smaller train.lr)",
        position_.round, parity_.difference, parity_.tolerance);
  }
}

/// Adapter file and merged model.
void TrainingRun::save_round() const {
  if (folder_ == nullptr) return;
  AdapterInfo info;
  info.round = position_.round;
  info.base = inputs_.base;
  if (!inputs_.method->continues() && position_.round > 1) {
    info.parent = sha256_file(round_file(position_.round - 1, "adapter.safetensors"));
  }
  write_adapter_file(round_file(position_.round, "adapter.safetensors"), *inputs_.method,
                     trained_parameters(), info);
  save_model_folder(*inputs_.model, config_.model.path, folder_->path() / "model");
}

void TrainingRun::write_report(bool running) const {
  TrainPageInputs inputs{folder_->path(), summary(), manifest_, steps_per_round_, running};
  for (const NamedTensor& tensor : seeded_values_) inputs.random_tensors.push_back(tensor.name);
  write_train_report(folder_->file("report.html"), read_train_report(config_, inputs));
}

void TrainingRun::close_round_record() {
  nlohmann::ordered_json record = {
      {"round", position_.round},
      {"event", "round_end"},
      {"train_loss", position_.loss_sum / static_cast<double>(position_.losses)}};
  if (!dev_.empty()) {
    const Evaluation scores = evaluate(*inputs_.model, dev_, inputs_.task, *processes_,
                                       [](int64_t) { check_interrupted(); });  // the state is saved
    record["eval"] = to_json(scores);
    log_scores(scores);
    spdlog::info("round {}: {}", position_.round, to_text(scores));
  }
  if (!position_.subspaces.empty())
    record.update(subspace_means(parse_json(position_.subspaces, state_file_.string())));
  record["merge_parity"] = parity_.difference;
  record["trainable_parameters"] = parameters_->count();
  record["seconds"] = seconds_since(round_start_);
  record["sampling_seconds"] = sampling_seconds_;
  record["estimation_seconds"] = estimation_seconds_;
  if (metrics_) metrics_->write(record);
  record.erase("event");
  record["merge"] = parity_.to_json(position_.round);
  history_.push_back(nlohmann::json(record));
}

/// Model parameters that the adapter file holds: what was trained, and in a file that applies on
/// the base itself what the checkpoint lacks, as it was before training.
std::vector<NamedTensor> TrainingRun::trained_parameters() const {
  const auto extra = extra_parameters(config_, *inputs_.model, *inputs_.method);
  const auto is_trained = [&](const NamedTensor& parameter) {
    return std::count(extra.begin(), extra.end(), parameter.name) > 0;
  };
  std::vector<NamedTensor> tensors;
  std::copy_if(inputs_.model->parameters().begin(), inputs_.model->parameters().end(),
               std::back_inserter(tensors), is_trained);
  if (inputs_.method->continues() || position_.round == 1) {
    std::copy_if(seeded_values_.begin(), seeded_values_.end(), std::back_inserter(tensors),
                 [&](const NamedTensor& value) { return !is_trained(value); });
  }
  return tensors;
}

/// A file of the run folder; in the process that writes, its folder is there.
std::filesystem::path TrainingRun::file(const std::string& name) const {
  return folder_ != nullptr ? folder_->file(name) : config_.run.output / name;
}

std::filesystem::path TrainingRun::round_file(int64_t round, const char* name) const {
  return file(fmt::format("rounds/{:02}/{}", round, name));
}

std::string TrainingRun::best_metric() const {
  if (!config_.train.best_metric.empty()) return config_.train.best_metric;
  return evaluation_metrics(inputs_.task).front();
}

std::optional<size_t> TrainingRun::best_round() const {
  const std::string metric = best_metric();
  std::optional<size_t> best;
  for (size_t r = 0; r < history_.size(); ++r) {
    if (!history_[r].contains("eval")) return history_.size() - 1;  // no dev data: the last one
    const auto score = [&](size_t round) {
      const double value = history_[round]["eval"].at(metric).get<double>();
      return lower_is_better(metric) ? -value : value;
    };
    if (!best || score(r) > score(*best)) best = r;
  }
  return best;
}

bool TrainingRun::should_stop() const {
  const auto patience = config_.train.early_stopping;
  if (!patience || dev_.empty() || history_.empty()) return false;
  const auto since = static_cast<int64_t>(history_.size() - 1 - *best_round());
  if (since < *patience) return false;
  spdlog::info("no better {} for {} rounds: the run ends", best_metric(), since);
  return true;
}

nlohmann::ordered_json TrainingRun::summary() const {
  const double seconds = earlier_seconds_ + seconds_since(start_);
  nlohmann::ordered_json json = {{"method", config_.method}, {"rounds_done", history_.size()}};
  if (!history_.empty() && history_.back().contains("eval")) {
    const std::string metric = best_metric();
    const auto& best = history_[*best_round()];
    json["metric"] = metric;
    json["best_score"] = best["eval"].at(metric);
    json["best_round"] = best["round"];
    json["last_score"] = history_.back()["eval"].at(metric);
  }
  json["trainable_parameters"] = parameters_->count();
  json["examples_per_second"] =  // null where a resumed run had no step left
      examples_ > 0 ? nlohmann::json(static_cast<double>(examples_) / step_seconds_) : nullptr;
  json["seconds"] = seconds;
  json["cpu_seconds"] = cpu_seconds();
  json["peak_memory_mib"] = peak_memory_mib();
  json["rounds"] = history_;
  return json;
}

}  // namespace eida

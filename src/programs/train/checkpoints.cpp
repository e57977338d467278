#include "checkpoints.h"

#include <spdlog/spdlog.h>

#include "eida/adapter/adapter_file.h"
#include "eida/core/error.h"
#include "eida/core/signals.h"
#include "eida/core/stopwatch.h"
#include "eida/run/run.h"
#include "record.h"

namespace eida {
namespace {

constexpr const char* kFile = "state/state.safetensors";
constexpr const char* kMetrics = "metrics.jsonl";

/// Whether each basis that is there is one of its place.
bool fit(const PlaceBases& bases, const Places& places) {
  if (bases.size() != places.size()) return false;
  for (PlaceId id = 0; id < places.size(); ++id) {
    const at::Tensor& basis = bases[id];
    if (basis.defined() && (basis.scalar_type() != at::kFloat || basis.dim() != 2 ||
                            basis.size(0) > basis.size(1) || basis.size(1) != places[id].dim))
      return false;
  }
  return true;
}

}  // namespace

Checkpoints::Checkpoints(const Config& config, TrainInputs& inputs, const RunFolder* writer,
                         Manifest& manifest, Observer& observer)
    : config_(&config),
      inputs_(&inputs),
      writer_(writer),
      manifest_(&manifest),
      observer_(&observer),
      reads_(fixed_inputs(config, inputs.base, manifest)),
      file_(writer != nullptr ? writer->file(kFile) : config.run.output / kFile) {}

TrainingCheckpoint Checkpoints::find() {
  const Communicator& processes = *inputs_->compute.processes;
  restores_ = ask_root(processes, [&] { return std::filesystem::exists(file_); });
  if (!restores_) return {};
  TrainingCheckpoint at = read_checkpoint(file_);
  check(at);
  restore_weights(at.round);
  spdlog::info("going on at round {}, step {} of {}", at.round, at.step,
               steps_per_round(*config_, *inputs_));
  return at;
}

/// What was read belongs to this run: the model and every data file are what they were.
void Checkpoints::check(const TrainingCheckpoint& at) const {
  if (at.round > config_->rounds || at.step > steps_per_round(*config_, *inputs_) ||
      (inputs_->method->needs_bases() && !fit(at.bases, inputs_->model->places()))) {
    throw FormatError("{}: not a state of this run (hint: --overwrite starts afresh)",
                      file_.string());
  }
  if (writer_ == nullptr) return;  // the process that writes knows what it reads
  for (size_t i = 0; i < reads_.size(); ++i) {
    if (i < at.inputs.size() && at.inputs[i] == reads_[i].sha256) continue;
    throw DataError(
        "--resume: {} is not what the stopped run read (hint: put it back, or --overwrite)",
        reads_[i].path);
  }
}

/// The weights that `round` starts from: the base with all earlier rounds merged, by the same sums
/// in the same order as when they were trained.
void Checkpoints::restore_weights(int64_t round) const {
  if (inputs_->method->continues()) return;  // the state holds everything that is trained
  std::vector<std::filesystem::path> files;
  for (int64_t r = 1; r < round; ++r)
    files.push_back(config_->run.output / round_file(r, "adapter.safetensors"));
  merge_adapter_files(*inputs_->model, files, inputs_->base);
}

void Checkpoints::restore_or_save(TrainingCheckpoint& at, Training& training) {
  if (!restores_) return save(at, training);
  restore(file_, training);
  restores_ = false;
}

void Checkpoints::save(TrainingCheckpoint& at, const Training& training) {
  if (writer_ == nullptr) return;
  manifest_->check_inputs();
  at.metrics_bytes = observer_->sync();
  at.files[kMetrics] = observer_->metrics_sha256();
  for (const RoundRecord& round : at.rounds) {
    for (const char* name : {"adapter.safetensors", "subspaces.json"}) {
      const std::string file = round_file(round.round, name);
      if (!at.files.contains(file) && std::filesystem::exists(writer_->path() / file))
        at.files[file] = sha256_file(writer_->path() / file);
    }
  }
  at.seconds = observer_->seconds();
  at.inputs.clear();
  for (const InputFile& input : reads_) at.inputs.push_back(input.sha256);
  write_checkpoint(file_, at, training);
  saved_at_ = std::chrono::steady_clock::now();
}

bool Checkpoints::is_due(int64_t step) const {
  const TrainOptions& train = config_->train;
  if (train.save_every > 0 && step % train.save_every == 0) return true;
  return train.save_minutes > 0.0 && seconds_since(saved_at_) > 60.0 * train.save_minutes;
}

void Checkpoints::save_if_due(TrainingCheckpoint& at, const Training& training, int signal) {
  if (signal != 0 || is_due(at.step)) save(at, training);
  if (signal != 0) inputs_->compute.processes->barrier();  // it is there before anyone ends
  stop_for(signal);
}

bool check_checkpoint(const std::filesystem::path& folder) {
  const auto file = folder / kFile;
  if (folder.empty() || !std::filesystem::exists(file)) return false;
  const TrainingCheckpoint at = read_checkpoint(file);
  for (const auto& [name, sha256] : at.files) {
    check_written(folder / name, sha256,
                  name == kMetrics ? static_cast<uint64_t>(at.metrics_bytes) : UINT64_MAX);
  }
  return true;
}

}  // namespace eida

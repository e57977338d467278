#include "eida/run/run.h"

#include <spdlog/spdlog.h>
#include <torch/version.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>

#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/log.h"
#include "eida/tensor/device.h"

namespace eida {
namespace fs = std::filesystem;
namespace {

/// The file itself, or the files of a folder (a model, an adapter of PEFT) in the order of their
/// names.
std::vector<fs::path> files_of(const fs::path& path) {
  std::vector<fs::path> files = {path};
  std::error_code fault;  // whoever opens it says so
  if (fs::is_directory(path, fault)) {
    files.clear();
    for (const auto& entry : fs::directory_iterator(path, fault)) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
  }
  return files;
}

/// What else lies in a model's folder (a log, a README) may change while a run is under way.
bool is_read(const fs::path& file) {
  constexpr std::array kRead = {".json", ".safetensors", ".model", "vocab.txt", "merges.txt"};
  return std::ranges::any_of(
      kRead, [&](const char* name) { return file.extension() == name || file.filename() == name; });
}

/// Those that are given.
std::vector<fs::path> without_empty(std::vector<fs::path> paths) {
  std::erase_if(paths, [](const fs::path& path) { return path.empty(); });
  return paths;
}

/// What --resume finds in a run folder, before anything in it changes.
enum class EarlierRun {
  kNone,        ///< no run is there
  kUnfinished,  ///< it was stopped, has more rounds to go, or what it reads lies elsewhere
  kFinished     ///< nothing is left to do
};

/// The configuration that a run of the program has left in its folder. \throws ConfigError
Config read_config_of(const fs::path& file, Program program) {
  Config config;
  KeySet given;
  read_config_file(file, config, given);
  if (dump_yaml(config, program, given) != dump_yaml(config, program)) {
    throw ConfigError("--resume: {}: a run of another program than {} (hint: another --output)",
                      file.string(), program_name(program));
  }
  resolve_defaults(config, given);
  return config;
}

/// A line of a dump: "  lr: 0.0002" below "train:".
struct DumpLine {
  std::string key, value;

  /// \param group the last line that was not indented
  DumpLine(const std::string& line, const std::string& group) {
    const size_t colon = line.find(':');
    const bool nested = line.starts_with("  ");
    key = nested ? group + "." + line.substr(2, colon - 2) : line.substr(0, colon);
    value = colon + 2 < line.size() ? line.substr(colon + 2) : "";
  }
};

/// What may change between a run and its resumption: it decides no result, but for rounding.
bool may_change(const std::string& key) {
  return key == "run.threads" || key == "run.memory_limit" || key == "run.output";
}

/// Files that may lie elsewhere, as SHA-256 tells whether they are the same.
bool may_move(const std::string& key) {
  constexpr std::array kFiles = {"model.path", "model.adapters", "data.train",
                                 "data.dev",   "data.test",      "ranks.plan"};
  return std::ranges::find(kFiles, key) != kFiles.end();
}

/// \return false where the run got more rounds, or files that may have moved. \throws ConfigError
bool check_same_configuration(const Config& before, const Config& now, Program program,
                              const fs::path& file) {
  std::istringstream was(dump_yaml(before, program)), is(dump_yaml(now, program));
  std::string old_line, line, group;
  bool same = true;
  while (std::getline(was, old_line) && std::getline(is, line)) {
    if (!line.starts_with(' ')) group = line.substr(0, line.find(':'));
    if (old_line == line) continue;
    const DumpLine old_value(old_line, group), value(line, group);
    if (may_change(value.key)) continue;
    same = false;
    const bool longer = value.key == "rounds" && now.rounds > before.rounds &&
                        before.train.schedule != Schedule::kGlobal;
    const bool moved = may_move(value.key) && old_value.value != "null" && value.value != "null";
    if (longer || moved) continue;
    throw ConfigError("--resume: {}: {} was '{}', is '{}' (hint: --config {}, or --overwrite)",
                      file.string(), value.key, old_value.value, value.value, file.string());
  }
  return same;
}

/// A resumed run must be the run that was stopped: its configuration may differ only in
/// run.threads and run.memory_limit, which decide no result, and in where the folder, the model
/// and the data lie, whose bytes are compared later; `rounds` may grow where the learning rate
/// does not follow from it (train.schedule global). \throws ConfigError names the first key that
/// differs; a run of another program
EarlierRun find_earlier_run(const fs::path& folder, const Config& config, Program program) {
  const fs::path file = folder / "config.yaml";
  if (!fs::exists(file)) return EarlierRun::kNone;
  const bool same = check_same_configuration(read_config_of(file, program), config, program, file);
  const bool ended = fs::exists(folder / "manifest.json") && !fs::exists(folder / "INCOMPLETE");
  return ended && same ? EarlierRun::kFinished : EarlierRun::kUnfinished;
}

/// Says in the log what --resume finds. \return whether nothing is left to do
bool is_finished(const ParsedCommand& command) {
  const fs::path& folder = command.config.run.output;
  if (!command.resume || folder.empty()) return false;
  switch (find_earlier_run(folder, command.config, command.program)) {
    case EarlierRun::kNone:
      spdlog::warn("{}: there is nothing to resume: a new run starts", folder.string());
      return false;
    case EarlierRun::kUnfinished:
      if (command.program != Program::kTrain)
        spdlog::info("{}: nothing half-done was kept: it starts over", folder.string());
      return false;
    case EarlierRun::kFinished:
      spdlog::info(
          "{}: the run is finished, nothing is left to do (hint: --overwrite starts afresh)",
          folder.string());
      return true;
  }
  return false;
}

}  // namespace

void check_processes(const ParsedCommand& command, const Communicator& processes) {
  if (processes.size() == 1 || command.subcommand.empty()) return;
  throw ConfigError("{}: takes one process, {} were started", command.subcommand, processes.size());
}

Run::Run(const ParsedCommand& command, const Communicator& processes, std::vector<fs::path> inputs)
    : command_(&command),
      processes_(&processes),
      inputs_(without_empty(std::move(inputs))),
      folder_{command.overwrite, command.resume, inputs_} {
  check_processes(command, processes);
  const Config& config = command.config;
  if (!config.model.path.empty()) folder_.inputs.push_back(config.model.path);
  for (const fs::path& input : folder_.inputs) {
    for (const fs::path& file : files_of(input)) {
      std::error_code fault;
      const auto time = fs::last_write_time(file, fault);
      if (!fault && (file == input || is_read(file))) opened_[file] = time;
    }
  }
  const bool needed = command.program != Program::kEval && command.subcommand.empty();
  if (needed && !command.dry_run && config.run.output.empty())
    throw ConfigError("run.output: is needed and not given (hint: --output DIR)");
  finished_ = ask_root(processes, [&] {
    if (!config.run.output.empty()) RunFolder::check(config.run.output, folder_);
    return is_finished(command);
  });
}

void Run::add_input(Manifest& manifest, const fs::path& path) const {
  for (const fs::path& file : files_of(path)) {
    const auto opened = opened_.find(file);
    const bool watched = opened != opened_.end();
    manifest.inputs.push_back(
        describe_input(file, watched ? std::optional(opened->second) : std::nullopt));
    manifest.inputs.back().watched = watched;
  }
}

std::unique_ptr<RunFolder> Run::make_folder() const {
  const Config& config = command_->config;
  std::unique_ptr<RunFolder> folder;
  if (processes_->is_root() && !config.run.output.empty()) {
    folder = std::make_unique<RunFolder>(config.run.output, folder_);
    attach_log_file(folder->file("log.jsonl"));
    write_file_atomic(folder->file("config.yaml"), dump_yaml(config, command_->program));
  }
  processes_->barrier();  // the others may look into it from now on
  return folder;
}

Manifest Run::manifest() const {
  Manifest manifest;
  manifest.program = program_name(command_->program);
  manifest.seed = static_cast<uint64_t>(command_->config.run.seed);
  manifest.threads = 1;
  manifest.command_line = command_->command_line;
  if (!processes_->is_root()) return manifest;
  for (const fs::path& input : inputs_) add_input(manifest, input);
  return manifest;
}

Manifest Run::manifest(const ComputeSetting& compute) const {
  Manifest manifest = this->manifest();
  manifest.libtorch = TORCH_VERSION;
  manifest.device = compute.device.str();
  manifest.precision = precision_name(compute.precision);
  manifest.threads = compute.threads;
  manifest.processes = compute.processes->size();
  if (processes_->is_root()) add_input(manifest, command_->config.model.path);
  return manifest;
}

std::vector<InputFile> fixed_inputs(const Config& config, const std::string& base,
                                    const Manifest& manifest) {
  const auto folder = (fs::absolute(config.model.path) / "").lexically_normal().string();
  std::vector<InputFile> inputs = {{config.model.path.string(), base}};
  std::ranges::copy_if(manifest.inputs, std::back_inserter(inputs),
                       [&](const InputFile& file) { return !file.path.starts_with(folder); });
  return inputs;
}

}  // namespace eida

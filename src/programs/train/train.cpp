// eida-train, top to bottom: open, then rounds of sample → estimate → train B → merge.
#include "eida/programs/train.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "../dry_run.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/log.h"
#include "eida/core/run_folder.h"
#include "eida/report/table.h"
#include "eida/run/earlier_run.h"
#include "eida/run/session.h"
#include "eida/training/training_state.h"
#include "export.h"
#include "inputs.h"
#include "training_run.h"

namespace eida {
namespace {

/// The finished rounds, for stdout.
std::string result_text(const nlohmann::ordered_json& summary, OutputFormat format) {
  if (format == OutputFormat::kJson) return summary.dump() + "\n";
  const auto& rounds = summary.at("rounds");
  std::vector<std::string> header = {"round", "train loss"};
  if (!rounds.empty() && rounds.front().contains("eval")) {
    for (const auto& [metric, value] : rounds.front().at("eval").items()) header.push_back(metric);
  }
  header.insert(header.end(), {"merge difference", "seconds"});
  Table table(header);
  for (const auto& round : rounds) {
    std::vector<std::string> row = {fmt::format("{}", round.at("round").get<int64_t>()),
                                    fmt::format("{:.4f}", number_or_nan(round.at("train_loss")))};
    if (round.contains("eval")) {
      for (const auto& [metric, value] : round.at("eval").items())
        row.push_back(fmt::format("{:.4f}", value.get<double>()));
    }
    row.push_back(fmt::format("{:.1e}", round.at("merge_parity").get<double>()));
    row.push_back(fmt::format("{:.1f}", round.at("seconds").get<double>()));
    table.add_row(row);
  }
  return table.render(stdout_style());
}

/// The run folder with what is known before the run; null in all processes but the first.
std::unique_ptr<RunFolder> open_run_folder(const ParsedCommand& command,
                                           const RunFolderOptions& options,
                                           const Communicator& processes) {
  std::unique_ptr<RunFolder> folder;
  if (processes.is_root()) {
    const Config& config = command.config;
    folder = std::make_unique<RunFolder>(config.run.output, options);
    attach_log_file(folder->file("log.jsonl"));
    write_file_atomic(folder->file("config.yaml"), dump_yaml(config, Program::kTrain));
  }
  processes.barrier();  // the others may look into it from now on
  return folder;
}

/// The rounds of a run that has none left.
int show_finished(const Config& config) {
  const auto file = config.run.output / "summary.json";
  try {
    const auto summary = nlohmann::ordered_json::parse(read_file(file));
    fmt::print("{}", result_text(summary, config.run.format));
  } catch (const nlohmann::json::exception& fault) {
    throw FormatError("{}: {} (hint: --overwrite starts afresh)", file.string(), fault.what());
  }
  return 0;
}

/// The state of a stopped run can be read, which is to be known before its folder changes.
void check_state(const std::filesystem::path& folder) {
  const auto file = folder / "state/state.safetensors";
  if (!folder.empty() && std::filesystem::exists(file)) read_training_state(file);
}

}  // namespace

int run_train(const ParsedCommand& command, const Communicator& processes) {
  check_processes(command, processes);
  if (command.subcommand == "export") return run_export(command);
  if (command.subcommand == "merge") return run_merge(command);
  const Config& config = command.config;
  RunFolderOptions options{command.overwrite, command.resume, train_input_files(config)};
  options.inputs.push_back(config.model.path);
  if (!command.dry_run && config.run.output.empty())
    throw ConfigError("run.output: is needed and not given (hint: --output DIR)");
  const bool finished = ask_root(processes, [&] {
    if (!config.run.output.empty()) RunFolder::check(config.run.output, options);
    if (is_already_finished(command)) return true;
    if (command.resume) check_state(config.run.output);
    return false;
  });
  if (finished) return processes.is_root() ? show_finished(config) : 0;
  TrainInputs inputs = open_train_inputs(config, processes);
  if (command.dry_run) return processes.is_root() ? dry_run_train(config, inputs) : 0;

  const auto folder = open_run_folder(command, options, processes);
  Manifest manifest;
  if (folder) {
    manifest = start_manifest("eida-train", config, inputs.compute, train_input_files(config),
                              command.command_line);
  }

  TrainingRun run(config, std::move(inputs), folder.get(), manifest);
  for (int64_t round = run.resume_or_start(); round <= config.rounds; ++round) {
    run.begin(round);         // sample → PCA → ranks → attach A, C and B = 0
    run.train();              // one epoch: only B (and what trainable_extra names) moves
    run.merge();              // W += CᵀBA in float32
    run.save_and_evaluate();  // the next round samples the changed model
    if (run.should_stop()) break;
  }
  if (!folder) return 0;
  run.write_report(/*running=*/false);
  folder->finish(manifest);

  fmt::print("{}", result_text(run.summary(), config.run.format));
  spdlog::info("models, adapters and metrics: {}", folder->path().string());
  return 0;
}

}  // namespace eida

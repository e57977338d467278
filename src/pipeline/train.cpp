// eida-train, top to bottom: open, then rounds of sample → estimate → train B → merge.
#include "eida/pipeline/train.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <sstream>

#include "dry_run.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/log.h"
#include "eida/core/run_folder.h"
#include "eida/pipeline/session.h"
#include "eida/report/table.h"
#include "export.h"
#include "training_run.h"

namespace eida {
namespace {

/// A resumed run must be the run that was stopped: its configuration may differ in nothing that
/// changes a result. `rounds` may grow.
void check_same_run(const std::filesystem::path& config_file, const std::string& resolved) {
  if (!std::filesystem::exists(config_file)) return;
  std::istringstream before(read_file(config_file)), now(resolved);
  std::string was, is;
  for (int line = 1;; ++line) {
    const bool had = static_cast<bool>(std::getline(before, was)),
               has = static_cast<bool>(std::getline(now, is));
    if (!had && !has) return;
    if (!had) was = "nothing";
    if (!has) is = "nothing";
    if (was == is || is.starts_with("rounds:")) continue;
    throw ConfigError("--resume: {}:{}: was '{}', is '{}' (hint: --config {}, or --overwrite)",
                      config_file.string(), line, was, is, config_file.string());
  }
}

/// The finished rounds, for stdout.
std::string result_text(const nlohmann::ordered_json& summary, const std::string& format) {
  if (format == "json") return summary.dump() + "\n";
  const auto& rounds = summary.at("rounds");
  std::vector<std::string> header = {"round", "train loss"};
  if (!rounds.empty() && rounds.front().contains("eval")) {
    for (const auto& [metric, value] : rounds.front().at("eval").items()) header.push_back(metric);
  }
  header.insert(header.end(), {"merge difference", "seconds"});
  Table table(header);
  for (const auto& round : rounds) {
    std::vector<std::string> row = {fmt::format("{}", round.at("round").get<int64_t>()),
                                    fmt::format("{:.4f}", round.at("train_loss").get<double>())};
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

}  // namespace

int run_train(const ParsedCommand& command) {
  if (command.subcommand == "export") return run_export(command);
  if (command.subcommand == "merge") return run_merge(command);
  const Config& config = command.config;
  const RunFolderOptions options{
      command.overwrite, command.resume, {config.model.path, config.data.train, config.data.dev}};
  if (!command.dry_run && config.run.output.empty())
    throw ConfigError("run.output: is needed and not given (hint: --output DIR)");
  if (!config.run.output.empty()) RunFolder::check(config.run.output, options);
  TrainInputs inputs = open_train_inputs(config);
  if (command.dry_run) return dry_run_train(config, inputs);

  RunFolder folder(config.run.output, options);
  const std::string resolved = dump_yaml(config, Program::kTrain);
  if (command.resume) check_same_run(folder.path() / "config.yaml", resolved);
  attach_log_file(folder.file("log.jsonl"));
  write_file_atomic(folder.file("config.yaml"), resolved);
  const Manifest manifest =
      start_manifest("eida-train", config, inputs.compute, inputs.data_files, command.command_line);

  TrainingRun run(config, std::move(inputs), folder, manifest);
  for (int64_t round = run.resume_or_start(); round <= config.rounds; ++round) {
    run.begin(round);         // sample → PCA → ranks → attach A, C and B = 0
    run.train();              // one epoch: only B (and what trainable_extra names) moves
    run.merge();              // W += CᵀBA in float32
    run.save_and_evaluate();  // the next round samples the changed model
    if (run.should_stop()) break;
  }
  run.write_report(/*running=*/false);
  folder.finish(manifest);

  fmt::print("{}", result_text(run.summary(), config.run.format));
  spdlog::info("models, adapters and metrics: {}", folder.path().string());
  return 0;
}

}  // namespace eida

// eida-eval, top to bottom: open data, tokenizer and model, evaluate, write, show.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "../dry_run.h"
#include "eida/core/error.h"
#include "eida/programs/programs.h"
#include "eida/report/page.h"
#include "eida/run/run.h"
#include "tasks.h"

namespace eida {
namespace {

EvalOutcome evaluate(EvalTask task, const Config& config, const OpenedInputs& inputs) {
  switch (task) {
    case EvalTask::kClasses:
      return evaluate_classes(config, inputs);
    case EvalTask::kLosses:
      return evaluate_losses(config, inputs);
    case EvalTask::kTexts:
      return evaluate_texts(config, inputs);
  }
  throw Error(ExitCode::kInternal, "unknown evaluation");
}

/// A run without a folder leaves its scores on stdout only; there have to be some.
void check_output(EvalTask task, const Config& config, const Dataset& data) {
  if (!config.run.output.empty()) return;
  if (task == EvalTask::kTexts)
    throw ConfigError("run.output: generated text needs a folder (hint: --output DIR)");
  if (!data.has_targets()) {
    throw ConfigError(
        "run.output: {} has no labels to score, and predictions need a folder "
        "(hint: --output DIR)",
        data.name());
  }
}

/// Title and facts of the page.
void describe(EvalReport& report, const Config& config, const OpenedInputs& inputs,
              const std::string& precision) {
  report.title = fmt::format("Evaluation: {}", *config.data.task);
  report.weights = weights_origin(config);
  report.random_tensors = inputs.model->newly_initialised();
  report.facts = {{"model", config.model.path.string()},
                  {"weights", weights_text(report.weights, report.random_tensors)},
                  {"data", config.data.test.string()}};
  for (const auto& adapter : config.model.adapters)
    report.facts.emplace_back("adapter", adapter.string());
  report.facts.emplace_back("precision", precision);
}

int evaluate_model(const ParsedCommand& command, const Communicator& processes) {
  const Config& config = command.config;
  const EvalTask task = choose_eval_task(config);
  std::vector<std::filesystem::path> files = {config.data.test};
  files.insert(files.end(), config.model.adapters.begin(), config.model.adapters.end());
  const Run run(command, processes, files);
  if (run.finished()) return 0;
  const OpenedInputs inputs = open_eval_inputs(config, processes);
  if (command.dry_run) return processes.is_root() ? dry_run_eval(config, task, inputs) : 0;
  check_output(task, config, *inputs.data);

  const auto folder = run.make_folder();
  Manifest manifest = run.manifest(inputs.compute);
  EvalOutcome outcome = evaluate(task, config, inputs);  // in parts, merged in the file's order
  if (!processes.is_root()) return 0;
  manifest.check_inputs();
  if (folder) {
    describe(outcome.report, config, inputs, manifest.precision);
    write_outcome(*folder, outcome, config, manifest);
    spdlog::info("scores and predictions: {}", folder->path().string());
  }
  fmt::print("{}", scores_text(outcome, config.run.format));
  return 0;
}

}  // namespace

int run_eval(const ParsedCommand& command, const Communicator& processes) {
  check_processes(command, processes);
  if (command.subcommand == "score") return run_score(command);
  if (command.subcommand == "compare") return run_system_comparison(command);
  if (command.subcommand == "tokenize") return run_tokenize(command);
  return evaluate_model(command, processes);
}

}  // namespace eida

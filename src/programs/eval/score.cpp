// eida-eval score: predictions and references from files.
#include <fmt/format.h>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/run/run.h"
#include "tasks.h"

namespace eida {

int run_score(const ParsedCommand& command) {
  const Config& config = command.config;
  const std::vector<std::filesystem::path> files = {command.option("references"),
                                                    command.option("predictions")};
  const Run run(command, Communicator::single(), files);
  if (run.finished()) return 0;
  TextScoreOptions options = text_score_options(config.eval);
  options.per_item = command.has_option("per-item");
  const Predictions predictions = read_predictions(files[1]);
  const References references = read_references(files[0], predictions);

  const auto folder = run.make_folder();
  const ScoreSet set = score_texts(references, predictions.texts, options);
  EvalOutcome outcome;
  add_text_scores(outcome, set, references, predictions.texts, predictions.sources, config);
  if (options.per_item) {
    write_file_atomic(command.option("per-item"),
                      per_item_table(set, predictions.texts, predictions.sources));
  }
  if (folder) {
    outcome.report.title = "Scores of predictions";
    outcome.report.facts = {{"references", files[0].string()}, {"predictions", files[1].string()}};
    write_outcome(*folder, outcome, config, run.manifest());
  }
  fmt::print("{}", scores_text(outcome, config.run.format));
  return 0;
}

}  // namespace eida

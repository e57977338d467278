#include "outcome.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <utility>

#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/report/table.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

void write_lines(const std::filesystem::path& path, const std::vector<std::string>& lines) {
  AtomicFile file(path);
  for (const std::string& line : lines) {
    file.write(line);
    file.write("\n");
  }
  file.commit();
}

/// What the outcome knows beside the page's own lists: scores, and single numbers as facts.
EvalReport full_report(const EvalOutcome& outcome) {
  EvalReport report = outcome.report;
  for (const ScoreLine& score : outcome.scores) {
    report.scores.push_back({score.name, score.value, {}});
    if (score.interval) report.scores.back().interval = {score.interval->low, score.interval->high};
  }
  for (const auto& [key, value] : outcome.details.items()) {
    if (value.is_string()) report.facts.emplace_back(key, value.get<std::string>());
    if (value.is_number()) {
      report.facts.emplace_back(
          key, value.is_number_integer() ? grouped(value.get<int64_t>()) : value.dump());
    }
  }
  return report;
}

}  // namespace

Json scores_json(const EvalOutcome& outcome) {
  Json json = Json::object(), intervals = Json::object();
  for (const ScoreLine& score : outcome.scores) {
    json[score.name] = score.value;
    if (score.interval) intervals[score.name] = {score.interval->low, score.interval->high};
  }
  json.update(outcome.details);
  if (!intervals.empty()) json["intervals"] = std::move(intervals);
  return json;
}

std::string scores_text(const EvalOutcome& outcome, OutputFormat format) {
  if (format == OutputFormat::kJson) return scores_json(outcome).dump() + "\n";
  Table table({"score", "value", "95 % interval"}, {Align::kLeft});
  for (const ScoreLine& score : outcome.scores) {
    table.add_row({score.name, fmt::format("{:.4f}", score.value),
                   score.interval
                       ? fmt::format("{:.4f} to {:.4f}", score.interval->low, score.interval->high)
                       : ""});
  }
  return (table.rows() > 0 ? table.render(stdout_style()) : "") + outcome.tables;
}

void write_outcome(const RunFolder& run, const EvalOutcome& outcome, const Config& config,
                   const Manifest& manifest) {
  if (!outcome.items.empty()) write_lines(run.file("predictions.jsonl"), outcome.items);
  if (!outcome.predictions.empty()) write_lines(run.file("predictions.txt"), outcome.predictions);
  write_file_atomic(run.file("scores.json"), json_text(scores_json(outcome)));
  EvalReport report = full_report(outcome);
  report.manifest = manifest;
  report.config = dump_yaml(config, Program::kEval);
  write_eval_report(run.file("report.html"), report);
}

ResamplingOptions resampling_options(const Config& config) {
  ResamplingOptions options;
  options.samples = static_cast<int>(config.eval.resamples);
  options.seed = static_cast<uint64_t>(config.run.seed);
  return options;
}

TextScoreOptions text_score_options(const EvalOptions& options) {
  TextScoreOptions scores;
  if (!options.metrics.empty()) scores.metrics = options.metrics;
  scores.convention = options.nist;
  scores.paraphrases = !options.no_paraphrases;
  scores.per_item = false;
  return scores;
}

void warn_missing(const ScoreSet& set) {
  for (const std::string& line : set.missing) {
    if (set.scores.empty()) throw DataError("{}", line);
    spdlog::warn("{}", line);
  }
}

void add_text_scores(EvalOutcome& outcome, const ScoreSet& set, const Config& config) {
  warn_missing(set);
  if (set.empty_predictions > 0) {
    spdlog::warn("{} of {} predictions are empty; they count as they are", set.empty_predictions,
                 set.items);
  }
  const ResamplingOptions resampling = resampling_options(config);
  for (const TextScore& score : set.scores) {
    outcome.scores.push_back(
        {score.name, score.value, bootstrap_interval(score.statistics, resampling)});
  }
  outcome.details["n"] = set.items;
  outcome.details["references"] = set.references;
  outcome.details["empty_predictions"] = set.empty_predictions;
  outcome.details["nist_convention"] = config.eval.nist;
}

}  // namespace eida

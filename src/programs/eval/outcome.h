// What an evaluation found, and how it is written and shown.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eida/config/command_line.h"
#include "eida/core/run_folder.h"
#include "eida/metrics/statistics.h"
#include "eida/metrics/text_scores.h"
#include "eida/report/eval_report.h"

namespace eida {

struct ScoreLine {
  std::string name;  ///< as e2e-metrics prints it, or accuracy, f1, matthews, loss, perplexity
  double value = 0.0;
  std::optional<Interval> interval;
};

struct EvalOutcome {
  std::vector<ScoreLine> scores;
  nlohmann::ordered_json details = nlohmann::ordered_json::object();  ///< more of scores.json
  std::string tables;                    ///< more for people, below the scores
  std::vector<std::string> items;        ///< lines of predictions.jsonl; empty: no such file
  std::vector<std::string> predictions;  ///< lines of predictions.txt; empty: no such file
  EvalReport report;                     ///< of report.html; its scores are those above
};

/// {"BLEU": …, "n": …, "intervals": {"BLEU": [low, high]}, …}, unrounded.
nlohmann::ordered_json scores_json(const EvalOutcome& outcome);
/// Scores with four decimals and their intervals, or scores_json() in one line.
std::string scores_text(const EvalOutcome& outcome, OutputFormat format);
/// scores.json, report.html, and predictions.jsonl and predictions.txt where there are some.
/// \throws DataError
void write_outcome(const RunFolder& run, const EvalOutcome& outcome, const Config& config,
                   const Manifest& manifest);

/// How many resampled test sets, and from which seed.
ResamplingOptions resampling_options(const Config& config);
/// The text scores that the configuration asks for; by default all five.
TextScoreOptions text_score_options(const EvalOptions& options);
/// Says in the log which scores are missing. \throws DataError none could be had
void warn_missing(const ScoreSet& set);
/// Adds scores and intervals, and says in the log what is missing.
/// \throws DataError nothing that was asked for could be had
void add_text_scores(EvalOutcome& outcome, const ScoreSet& set, const Config& config);

}  // namespace eida

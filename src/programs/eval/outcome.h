// What an evaluation found, and how it is written and shown.
#pragma once

#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/core/run_folder.h"
#include "eida/metrics/statistics.h"
#include "eida/metrics/text_files.h"
#include "eida/metrics/text_scores.h"
#include "eida/report/eval_report.h"

namespace eida {

inline constexpr size_t kMostWorst = 20;  ///< worst items shown
inline constexpr size_t kMostBeams = 5;   ///< prompts whose beams are shown

struct EvalOutcome {
  EvalReport report;  ///< scores, tables and what else report.html shows
  nlohmann::ordered_json details = nlohmann::ordered_json::object();  ///< more of scores.json
  std::vector<std::string> items;        ///< lines of predictions.jsonl; empty: no such file
  std::vector<std::string> predictions;  ///< lines of predictions.txt; empty: no such file

  /// \param name as e2e-metrics prints it, or accuracy, f1, matthews, loss, perplexity
  void add_score(const std::string& name, double value, const Interval& interval);
};

/// {"BLEU": …, "n": …, "intervals": {"BLEU": [low, high]}, …}, unrounded.
nlohmann::ordered_json scores_json(const EvalOutcome& outcome);
/// Scores with four decimals and their intervals, and tables; or scores_json() in one line.
std::string scores_text(const EvalOutcome& outcome, OutputFormat format);
/// scores.json, report.html, predictions.jsonl and predictions.txt where there are some, and what
/// ends a run. \throws DataError
void write_outcome(RunFolder& run, const EvalOutcome& outcome, const Config& config,
                   const Manifest& manifest);

/// How many resampled test sets, and from which seed.
ResamplingOptions resampling_options(const Config& config);
/// The text scores that the configuration asks for; by default all five.
TextScoreOptions text_score_options(const EvalOptions& options);
/// Says in the log which scores are missing. \throws DataError none could be computed
void warn_missing(const ScoreSet& set);
/// Adds scores, intervals and the worst texts, by the first of METEOR, ROUGE-L, CIDEr, BLEU and
/// NIST that was computed; says in the log what is missing. \param sources of the items; may be
/// empty \throws DataError no score that was asked for could be computed
void add_text_scores(EvalOutcome& outcome, const ScoreSet& set, const References& references,
                     const std::vector<std::string>& predictions,
                     const std::vector<std::string>& sources, const Config& config);

/// Indices of the largest values, largest first, equal ones in order; at most kMostWorst, and none
/// that is not above `least`.
std::vector<size_t> worst_items(std::span<const double> badness,
                                double least = -std::numeric_limits<double>::infinity());

}  // namespace eida

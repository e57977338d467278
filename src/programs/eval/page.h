// report.html of an evaluation: what its tables and lists hold.
#pragma once

#include <limits>
#include <span>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/data/example.h"
#include "eida/metrics/text_files.h"
#include "eida/metrics/text_scores.h"
#include "eida/report/eval_report.h"

namespace eida {

inline constexpr size_t kMostWorst = 20;  ///< worst items shown
inline constexpr size_t kMostBeams = 5;   ///< prompts whose beams are shown

/// Indices of the largest values, largest first, equal ones in order; at most kMostWorst, and none
/// that is not above `least`.
std::vector<size_t> worst_items(std::span<const double> badness,
                                double least = -std::numeric_limits<double>::infinity());

/// Title and facts of an evaluation with a model. \param precision as it was used \param
/// random_tensors PretrainedModel::newly_initialised()
void describe_evaluation(EvalReport& report, const Config& config, const std::string& precision,
                         const std::vector<std::string>& random_tensors);

/// Worst texts by the first of METEOR, ROUGE-L, CIDEr, BLEU and NIST that was computed.
/// \param sources of the items; may be empty
void add_worst_texts(EvalReport& report, const ScoreSet& set, const References& references,
                     const std::vector<std::string>& predictions,
                     const std::vector<std::string>& sources);

/// An example's text, both parts of a pair, in one line.
std::string source_text(const TextExample& example);

}  // namespace eida

/// What is known of a finished round of training.
#pragma once

#include <cstdint>
#include <limits>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eida/data/task.h"
#include "eida/evaluation/evaluate.h"

namespace eida {

/// Means over the places of a kind; NaN: not measured.
struct SubspaceMeans {
  struct Kinds {
    double input = std::numeric_limits<double>::quiet_NaN(), delta_output = input;
  };
  Kinds fidelity;       ///< mean cosine at the chosen rank, before the round
  Kinds drift_degrees;  ///< mean angle to the subspaces of the round before
};

struct RoundRecord {
  int64_t round = 1;  ///< from 1
  double train_loss = std::numeric_limits<double>::quiet_NaN();
  Scores scores = {};                           ///< on data.dev; empty: there is none
  std::optional<SubspaceMeans> subspaces = {};  ///< where any were estimated
  std::optional<MergeParity> merge = {};        ///< methods that merge something
  int64_t trainable_parameters = 0;
  double seconds = 0.0, sampling_seconds = 0.0, estimation_seconds = 0.0;
};

/// As metrics.jsonl and summary.json say it: docs/formats.md.
nlohmann::ordered_json to_json(const Scores& scores);
nlohmann::ordered_json to_json(const MergeParity& parity, int64_t round);
nlohmann::ordered_json to_json(const RoundRecord& record);
/// What to_json() wrote, of all rounds; scores come back in the order of their names.
/// \throws nlohmann's exception where it is something else
std::vector<RoundRecord> read_rounds(const nlohmann::json& rounds);

/// The round with the highest or, where `metric` says so, lowest score; without scores the last.
/// nullptr: no round.
const RoundRecord* best_round(const std::vector<RoundRecord>& rounds, const TaskScore& metric);
/// The score of that name. \throws std::out_of_range there is none
double score_of(const RoundRecord& record, const std::string& metric);

}  // namespace eida

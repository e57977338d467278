#include "eida/run/round_record.h"

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "eida/core/json.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

Json to_json(const SubspaceMeans::Kinds& kinds) {
  return {{"input", number_or_null(kinds.input)},
          {"delta_output", number_or_null(kinds.delta_output)}};
}

SubspaceMeans::Kinds read_kinds(const nlohmann::json& json) {
  return {number_or_nan(json.at("input")), number_or_nan(json.at("delta_output"))};
}

MergeParity read_parity(const nlohmann::json& json) {
  MergeParity parity;
  parity.difference = number_or_nan(json.at("largest_difference"));
  parity.largest_logit = number_or_nan(json.at("largest_logit"));
  parity.tolerance = number_or_nan(json.at("tolerance"));
  parity.examples = json.at("examples").get<int64_t>();
  parity.loss_before = number_or_nan(json.at("loss_before"));
  parity.loss_after = number_or_nan(json.at("loss_after"));
  return parity;
}

RoundRecord read_round(const nlohmann::json& json) {
  RoundRecord record;
  record.round = json.at("round").get<int64_t>();
  record.train_loss = number_or_nan(json.at("train_loss"));
  if (json.contains("eval")) {
    for (const auto& [metric, value] : json.at("eval").items())
      record.scores.emplace_back(metric, number_or_nan(value));
  }
  if (json.contains("fidelity")) {
    record.subspaces =
        SubspaceMeans{read_kinds(json.at("fidelity")), read_kinds(json.at("drift_degrees"))};
  }
  if (json.contains("merge")) record.merge = read_parity(json.at("merge"));
  record.trainable_parameters = json.at("trainable_parameters").get<int64_t>();
  record.seconds = json.at("seconds").get<double>();
  record.sampling_seconds = json.at("sampling_seconds").get<double>();
  record.estimation_seconds = json.at("estimation_seconds").get<double>();
  return record;
}

}  // namespace

Json to_json(const Scores& scores) {
  Json json = Json::object();
  for (const auto& [metric, value] : scores) json[metric] = value;
  return json;
}

Json to_json(const MergeParity& parity, int64_t round) {
  return {{"round", round},
          {"largest_difference", parity.difference},
          {"largest_logit", parity.largest_logit},
          {"tolerance", parity.tolerance},
          {"holds", parity.holds()},
          {"examples", parity.examples},
          {"loss_before", parity.loss_before},
          {"loss_after", parity.loss_after}};
}

Json to_json(const RoundRecord& record) {
  Json json = {{"round", record.round}, {"train_loss", record.train_loss}};
  if (!record.scores.empty()) json["eval"] = to_json(record.scores);
  if (record.subspaces) {
    json["fidelity"] = to_json(record.subspaces->fidelity);
    json["drift_degrees"] = to_json(record.subspaces->drift_degrees);
  }
  json["merge_parity"] = record.merge ? Json(record.merge->difference) : Json();
  json["trainable_parameters"] = record.trainable_parameters;
  json["seconds"] = record.seconds;
  json["sampling_seconds"] = record.sampling_seconds;
  json["estimation_seconds"] = record.estimation_seconds;
  if (record.merge) json["merge"] = to_json(*record.merge, record.round);
  return json;
}

std::vector<RoundRecord> read_rounds(const nlohmann::json& rounds) {
  std::vector<RoundRecord> records;
  for (const nlohmann::json& round : rounds) records.push_back(read_round(round));
  return records;
}

double score_of(const RoundRecord& record, const std::string& metric) {
  for (const auto& [name, value] : record.scores) {
    if (name == metric) return value;
  }
  throw std::out_of_range(metric);
}

const RoundRecord* best_round(const std::vector<RoundRecord>& rounds, const TaskScore& metric) {
  const RoundRecord* best = nullptr;
  const double sign = metric.lower_is_better ? -1.0 : 1.0;
  for (const RoundRecord& round : rounds) {
    if (round.scores.empty()) return &rounds.back();
    if (best == nullptr ||
        sign * score_of(round, metric.name) > sign * score_of(*best, metric.name))
      best = &round;
  }
  return best;
}

}  // namespace eida

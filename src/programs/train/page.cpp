// report.html of a training run, from what the run's folder holds.
#include "eida/report/page.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/system_info.h"
#include "eida/run/open.h"
#include "results.h"

namespace eida {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::vector<TrainStepPoint> read_steps(const fs::path& file, int64_t steps_per_round) {
  ThinnedSteps steps;
  std::ifstream stream(file, std::ios::binary);
  for (std::string line; std::getline(stream, line);) {
    const json entry = parse_json(line, file.string());
    if (entry.contains("event")) continue;
    const auto round = entry.at("round").get<int64_t>(), step = entry.at("step").get<int64_t>();
    steps.add({static_cast<double>((round - 1) * steps_per_round + step),
               number_or_nan(entry.at("loss")), entry.at("lr").get<double>(),
               number_or_nan(entry.at("grad_norm"))});  // infinite in a step that was left out
  }
  return steps.points();
}

void read_rounds(TrainReport& report, const fs::path& folder,
                 const std::vector<RoundRecord>& rounds) {
  for (const RoundRecord& record : rounds) {
    json& round = report.rounds.emplace_back(to_json(record));
    const fs::path file = folder / round_file(record.round, "subspaces.json");
    if (!fs::exists(file)) continue;
    const json subspaces = read_json(file);
    report.fidelity_of = subspaces.at("fidelity_of");
    round["places"] = subspaces.at("places");
  }
}

void read_audit(TrainReport& report, const fs::path& file) {
  const json audit = read_json(file);
  for (const auto& [group, entry] : audit.at("groups").items())
    report.audit.emplace_back(group, entry.at("parameters").get<int64_t>());
  report.frozen = audit.at("frozen_parameters");
}

}  // namespace

TrainReport read_train_report(const Config& config, const TrainInputs& inputs,
                              const fs::path& folder, const std::vector<RoundRecord>& rounds) {
  TrainReport report;
  report.method = to_string(config.method);
  report.weights = weights_origin(config);
  report.rounds_planned = config.rounds;
  std::vector<std::string> random_tensors;
  for (const NamedTensor& tensor : inputs.newly_initialised) random_tensors.push_back(tensor.name);
  report.facts = {{"model", config.model.path.string()},
                  {"weights before training", weights_text(report.weights, random_tensors)},
                  {"data", config.data.train.string()},
                  {"held-out data", config.data.dev.empty() ? "none" : config.data.dev.string()},
                  {"rank rule", std::string(to_string(config.ranks.rule))},
                  {"written", utc_iso()}};
  if (!rounds.empty() && !rounds.back().scores.empty()) {
    const TaskScore& metric = best_score(config);
    const RoundRecord& best = *best_round(rounds, metric);
    report.best_round = best.round;
    report.facts.emplace_back("best " + metric.name,
                              fmt::format("{:.4f}", score_of(best, metric.name)));
  }
  try {
    report.steps = read_steps(folder / "metrics.jsonl", steps_per_round(config, inputs));
    read_rounds(report, folder, rounds);
    read_audit(report, folder / "audit.json");
  } catch (const json::exception& fault) {
    throw DataError("{}: its files are not those of a training run: {}", folder.string(),
                    fault.what());
  }
  report.config = dump_yaml(config, Program::kTrain);
  return report;
}

}  // namespace eida

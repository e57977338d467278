#include "outcome.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

void write_lines(const std::filesystem::path& path, const std::vector<std::string>& lines) {
  if (lines.empty()) return;
  AtomicFile file(path);
  for (const std::string& line : lines) {
    file.write(line);
    file.write("\n");
  }
  file.commit();
}

void add_worst_texts(EvalReport& report, const ScoreSet& set, const References& references,
                     const std::vector<std::string>& predictions,
                     const std::vector<std::string>& sources) {
  const TextScore* score = nullptr;
  for (const Metric metric :
       {Metric::kMeteor, Metric::kRougeL, Metric::kCider, Metric::kBleu, Metric::kNist}) {
    if (score == nullptr) score = set.find(metric);
  }
  if (score == nullptr) return;
  std::vector<double> badness(predictions.size());
  for (size_t i = 0; i < badness.size(); ++i) badness[i] = -score->statistics.item_score(i);
  report.item_value = score->name;
  report.worst_of = fmt::format("{} items", grouped(static_cast<int64_t>(badness.size())));
  for (const size_t i : worst_items(badness)) {
    report.worst.push_back({static_cast<int64_t>(i), sources.empty() ? "" : sources[i],
                            predictions[i], references[i], -badness[i]});
  }
}

}  // namespace

void EvalOutcome::add_score(const std::string& name, double value, const Interval& interval) {
  report.scores.push_back({name, value, std::pair(interval.low, interval.high)});
}

Json scores_json(const EvalOutcome& outcome) {
  Json json = Json::object(), intervals = Json::object();
  for (const auto& [name, value, interval] : outcome.report.scores) {
    json[name] = value;
    if (interval) intervals[name] = *interval;
  }
  json.update(outcome.details);
  if (!intervals.empty()) json["intervals"] = std::move(intervals);
  return json;
}

std::string scores_text(const EvalOutcome& outcome, OutputFormat format) {
  if (format == OutputFormat::kJson) return scores_json(outcome).dump() + "\n";
  Table table({"score", "value", "95 % interval"}, {Align::kLeft});
  for (const auto& [name, value, interval] : outcome.report.scores) {
    table.add_row(
        {name, fmt::format("{:.4f}", value),
         interval ? fmt::format("{:.4f} to {:.4f}", interval->first, interval->second) : ""});
  }
  std::string text = table.rows() > 0 ? table.render(stdout_style()) : "";
  for (const auto& [caption, more] : outcome.report.tables)
    text += "\n" + more.render(stdout_style());
  return text;
}

void write_outcome(RunFolder& run, const EvalOutcome& outcome, const Config& config,
                   const Manifest& manifest) {
  write_lines(run.file("predictions.jsonl"), outcome.items);
  write_lines(run.file("predictions.txt"), outcome.predictions);
  write_file_atomic(run.file("scores.json"), json_text(scores_json(outcome)));
  EvalReport report = outcome.report;
  for (const auto& [key, value] : outcome.details.items()) {  // single numbers are facts
    if (value.is_string()) report.facts.emplace_back(key, value.get<std::string>());
    if (!value.is_number()) continue;
    report.facts.emplace_back(
        key, value.is_number_integer() ? grouped(value.get<int64_t>()) : value.dump());
  }
  report.manifest = manifest;
  report.config = dump_yaml(config, Program::kEval);
  write_eval_report(run.file("report.html"), report);
  run.finish(manifest);
}

ResamplingOptions resampling_options(const Config& config) {
  return {.samples = static_cast<int>(config.eval.resamples),
          .seed = static_cast<uint64_t>(config.run.seed)};
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

void add_text_scores(EvalOutcome& outcome, const ScoreSet& set, const References& references,
                     const std::vector<std::string>& predictions,
                     const std::vector<std::string>& sources, const Config& config) {
  warn_missing(set);
  if (set.empty_predictions > 0) {
    spdlog::warn("{} of {} predictions are empty; they count as they are", set.empty_predictions,
                 set.items);
  }
  const ResamplingOptions resampling = resampling_options(config);
  for (const TextScore& score : set.scores)
    outcome.add_score(score.name, score.value, bootstrap_interval(score.statistics, resampling));
  outcome.details["n"] = set.items;
  outcome.details["references"] = set.references;
  outcome.details["empty_predictions"] = set.empty_predictions;
  outcome.details["nist_convention"] = config.eval.nist;
  add_worst_texts(outcome.report, set, references, predictions, sources);
}

std::vector<size_t> worst_items(std::span<const double> badness, double least) {
  std::vector<size_t> order(badness.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::erase_if(order, [&](size_t i) { return !(badness[i] > least); });
  const auto shown =
      order.begin() + static_cast<std::ptrdiff_t>(std::min(order.size(), kMostWorst));
  std::partial_sort(order.begin(), shown, order.end(), [&](size_t a, size_t b) {
    return badness[a] != badness[b] ? badness[a] > badness[b] : a < b;
  });
  order.erase(shown, order.end());
  return order;
}

}  // namespace eida

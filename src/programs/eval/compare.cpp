// eida-eval compare: two systems on the same items.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/run/run.h"
#include "tasks.h"

namespace eida {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// One score of both systems.
struct ComparedScore {
  std::string name;
  PairedComparison result;
};

struct Comparison {
  std::vector<ComparedScore> scores;
  std::optional<McNemarTest> mcnemar;  ///< accuracy only
  size_t items = 0;
};

Comparison compare_texts(const ParsedCommand& command, const ResamplingOptions& resampling) {
  const TextScoreOptions options = text_score_options(command.config.eval);
  const auto score = [&](const char* system) {
    const Predictions predictions = read_predictions(command.option(system));
    return score_texts(read_references(command.option("references"), predictions),
                       predictions.texts, options);
  };
  const ScoreSet a = score("a"), b = score("b");
  warn_missing(a);
  Comparison comparison{.scores = {}, .mcnemar = {}, .items = a.items};
  for (size_t i = 0; i < a.scores.size(); ++i) {
    comparison.scores.push_back(
        {a.scores[i].name,
         compare_scores(a.scores[i].statistics, b.scores[i].statistics, resampling)});
  }
  return comparison;
}

Comparison compare_labels(const ParsedCommand& command, const ResamplingOptions& resampling) {
  const auto labels = read_labels(command.option("labels"), "label");
  const auto right = [&](const char* system) {
    const fs::path file = command.option(system);
    return right_labels(labels, read_labels(file, "prediction"), file);
  };
  const std::vector<bool> a = right("a"), b = right("b");
  const auto statistics = [](const std::vector<bool>& items) {
    return mean_statistics(std::vector<double>(items.begin(), items.end()));
  };
  Comparison comparison{.scores = {}, .mcnemar = mcnemar(a, b), .items = a.size()};
  comparison.scores.push_back(
      {"accuracy", compare_scores(statistics(a), statistics(b), resampling)});
  return comparison;
}

std::string verdict(bool within_noise, double difference) {
  if (within_noise) return "within noise";
  return difference > 0 ? "b is better" : "a is better";
}

Json to_json(const Comparison& comparison, const ResamplingOptions& resampling) {
  Json json = {{"n", comparison.items},
               {"resamples", resampling.samples},
               {"level", resampling.level},
               {"seed", resampling.seed},
               {"scores", Json::object()}};
  for (const auto& [name, result] : comparison.scores) {
    json["scores"][name] = {{"a", result.a},
                            {"b", result.b},
                            {"difference", result.difference},
                            {"interval", {result.interval.low, result.interval.high}},
                            {"p_randomization", result.p_randomization},
                            {"p_bootstrap", result.p_bootstrap},
                            {"within_noise", result.within_noise}};
  }
  if (comparison.mcnemar) {
    const McNemarTest& test = *comparison.mcnemar;
    json["mcnemar"] = {{"only_a_right", test.only_a},
                       {"only_b_right", test.only_b},
                       {"p", test.p},
                       {"exact", test.exact}};
  }
  return json;
}

std::string to_text(const Comparison& comparison, const ResamplingOptions& resampling) {
  Table table({"score", "a", "b", "b - a", "95 % interval", "p (random.)", "p (boot.)", ""},
              {Align::kLeft});
  for (const auto& [name, result] : comparison.scores) {
    table.add_row({name, fmt::format("{:.4f}", result.a), fmt::format("{:.4f}", result.b),
                   fmt::format("{:+.4f}", result.difference),
                   fmt::format("{:+.4f} to {:+.4f}", result.interval.low, result.interval.high),
                   fmt::format("{:.4f}", result.p_randomization),
                   fmt::format("{:.4f}", result.p_bootstrap),
                   verdict(result.within_noise, result.difference)});
  }
  std::string text = table.render(stdout_style());
  if (comparison.mcnemar) {
    const McNemarTest& test = *comparison.mcnemar;
    text += fmt::format(
        "McNemar's test: only a right {}, only b right {}, p = {:.4f} ({}): {}\n", test.only_a,
        test.only_b, test.p, test.exact ? "exact" : "chi-squared",
        verdict(test.p > 1.0 - resampling.level, static_cast<double>(test.only_b - test.only_a)));
  }
  return text;
}

/// \throws ConfigError neither or both of --references and --labels, or scores that do not fit
void check_options(const ParsedCommand& command) {
  const bool labels = command.has_option("labels");
  if (labels == command.has_option("references")) {
    throw ConfigError("compare: needs --references FILE (texts) or --labels FILE (classes), not {}",
                      labels ? "both" : "neither");
  }
  if (labels && !command.config.eval.metrics.empty() &&
      command.config.eval.metrics != std::vector{Metric::kAccuracy}) {
    throw ConfigError("eval.metrics: labels are compared by accuracy only (hint: --references)");
  }
}

}  // namespace

int run_system_comparison(const ParsedCommand& command) {
  check_options(command);
  const bool labels = command.has_option("labels");
  const std::vector<fs::path> files = {command.option(labels ? "labels" : "references"),
                                       command.option("a"), command.option("b")};
  const Run run(command, Communicator::single(), files);
  if (run.finished()) return 0;
  const ResamplingOptions resampling = resampling_options(command.config);
  const Comparison comparison =
      labels ? compare_labels(command, resampling) : compare_texts(command, resampling);
  const auto folder = run.make_folder();  // all files can be read: it may be emptied
  const Json json = to_json(comparison, resampling);
  if (folder) {
    write_file_atomic(folder->file("comparison.json"), json_text(json));
    folder->finish(run.manifest());
  }
  fmt::print("{}", command.config.run.format == OutputFormat::kJson
                       ? json.dump() + "\n"
                       : to_text(comparison, resampling));
  return 0;
}

}  // namespace eida

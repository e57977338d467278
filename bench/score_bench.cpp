/// Times the scores of one system; prints one JSON line with the keys of the Python peer.
///   eida_score_bench --references testset_w_refs.csv --predictions tgen.tsv [--repeats 5]
///   [--copies 1]
/// Files are read, texts tokenised and METEOR's index opened and checked within the time. The index
/// is made before. --copies N scores N copies of the items, to see how time and memory grow.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

#include "eida/core/run_main.h"
#include "eida/core/system_info.h"
#include "eida/metrics/meteor.h"
#include "eida/metrics/text_files.h"
#include "eida/metrics/text_scores.h"

namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string references, predictions;
  int repeats = 5, copies = 1;
};

struct Timed {
  eida::ScoreSet scores;
  double seconds = 0.0;
};

template <typename Container>
void repeat(Container& items, int copies) {
  const size_t size = items.size();
  for (size_t i = size; i < size * static_cast<size_t>(copies); ++i)
    items.push_back(items[i - size]);
}

Timed score_once(const Options& options, const eida::TextScoreOptions& metrics) {
  const auto start = std::chrono::steady_clock::now();
  auto predictions = eida::read_predictions(options.predictions);
  auto references = eida::read_references(options.references, predictions);
  repeat(predictions.texts, options.copies);
  repeat(references, options.copies);
  Timed timed{eida::score_texts(references, predictions.texts, metrics)};
  timed.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return timed;
}

/// Median of the repeats.
Timed score(const Options& options, const eida::TextScoreOptions& metrics) {
  std::vector<double> seconds;
  Timed timed;
  for (int i = 0; i < options.repeats; ++i) {
    timed = score_once(options, metrics);
    seconds.push_back(timed.seconds);
  }
  std::sort(seconds.begin(), seconds.end());
  timed.seconds = seconds[seconds.size() / 2];
  return timed;
}

int run(int argc, char** argv) {
  Options options;
  CLI::App app("Times the scores of one system");
  app.add_option("--references", options.references)->required();
  app.add_option("--predictions", options.predictions)->required();
  app.add_option("--repeats", options.repeats)->check(CLI::PositiveNumber);
  app.add_option("--copies", options.copies)->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  eida::open_meteor_data();
  eida::TextScoreOptions without_meteor;
  std::erase(without_meteor.metrics, eida::Metric::kMeteor);
  const Timed four = score(options, without_meteor), five = score(options, {});
  Json scores;
  for (const auto& entry : five.scores.scores) scores[entry.name] = entry.value;
  const Json line{{"outputs", five.scores.items},
                  {"references", five.scores.references},
                  {"seconds", {{"four", four.seconds}, {"five", five.seconds}}},
                  {"scores", scores},
                  {"peak_rss_mib", eida::peak_memory_mib()}};
  fmt::print("{}\n", line.dump());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_main("eida_score_bench", [&] { return run(argc, argv); });
}

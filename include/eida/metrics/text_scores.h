/// The five scores of generated text against references.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eida/metrics/bleu_nist.h"
#include "eida/metrics/statistics.h"

namespace eida {

struct TextScoreOptions {
  std::vector<Metric> metrics{Metric::kBleu, Metric::kNist, Metric::kMeteor, Metric::kRougeL,
                              Metric::kCider};
  MtevalConvention convention = MtevalConvention::kPymteval;  ///< of BLEU and NIST
  bool paraphrases = true;              ///< METEOR's paraphrase table takes part
  std::filesystem::path meteor_data{};  ///< as open_meteor_data() takes it
  bool per_item = true;                 ///< also fill ScoreSet::sentence_bleu and TextScore::items
};

/// One metric's result.
struct TextScore {
  Metric metric = Metric::kBleu;
  /// As e2e-metrics prints it; METEOR without its table: "METEOR (no paraphrases)".
  std::string name;
  double value = 0.0;  ///< of the corpus, unrounded; BLEU, METEOR and ROUGE-L within 0..1
  /// As e2e-metrics' -l lists them: BLEU and NIST by pymteval, each item alone.
  std::vector<double> items;
  ItemStatistics statistics;  ///< for intervals and tests
};

struct ScoreSet {
  size_t items = 0;
  size_t references = 0;
  size_t empty_predictions = 0;       ///< they count as they are; worth a warning
  std::vector<TextScore> scores;      ///< in the order of TextScoreOptions::metrics
  std::vector<double> sentence_bleu;  ///< smoothed; filled with BLEU's items
  /// A line for each metric that could not be computed, with the remedy.
  std::vector<std::string> missing;

  /// \return nullptr where it was not computed
  const TextScore* find(Metric metric) const;
};

/// Scores predictions against references. METEOR without its data is left out and named in
/// ScoreSet::missing. \throws DataError no items, counts that differ, an item without references;
/// ConfigError a metric that is no score of texts
ScoreSet score_texts(const References& references, const std::vector<std::string>& predictions,
                     const TextScoreOptions& options = {});

/// Table of e2e-metrics' -l: src, sys_out, BLEU, sentBLEU, NIST, METEOR, ROUGE_L, CIDEr, tabs
/// between, four decimals; columns of metrics that were not computed are left out. Tabs and line
/// ends within texts become spaces. \param sources may be empty
std::string per_item_table(const ScoreSet& set, const std::vector<std::string>& predictions,
                           const std::vector<std::string>& sources);

}  // namespace eida

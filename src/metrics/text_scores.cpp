#include "eida/metrics/text_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "eida/core/error.h"
#include "eida/core/signals.h"
#include "eida/metrics/meteor.h"
#include "eida/metrics/rouge_cider.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

/// Names as e2e-metrics prints them, in the order of its table.
constexpr std::array<std::pair<Metric, const char*>, 5> kPrinted{{{Metric::kBleu, "BLEU"},
                                                                  {Metric::kNist, "NIST"},
                                                                  {Metric::kMeteor, "METEOR"},
                                                                  {Metric::kRougeL, "ROUGE_L"},
                                                                  {Metric::kCider, "CIDEr"}}};

/// \throws ConfigError another metric
const char* printed_name(Metric metric) {
  for (const auto& [each, name] : kPrinted) {
    if (each == metric) return name;
  }
  throw ConfigError(
      "eval.metrics: {} is no score of generated text (hint: bleu, nist, meteor, rouge_l or cider)",
      metric);
}

void check_counts(const References& references, const std::vector<std::string>& predictions) {
  if (predictions.empty()) throw DataError("no predictions to score");
  if (references.size() != predictions.size()) {
    throw DataError("{} items have references, but there are {} predictions", references.size(),
                    predictions.size());
  }
  for (size_t i = 0; i < references.size(); ++i) {
    if (references[i].empty()) throw DataError("item {} has no reference", i + 1);
  }
}

/// Texts as METEOR, ROUGE-L and CIDEr see them.
struct PtbTexts {
  References references;
  std::vector<std::string> predictions;
};

PtbTexts ptb_texts(const References& references, const std::vector<std::string>& predictions) {
  const auto each = [](const std::vector<std::string>& texts) {
    std::vector<std::string> result;
    for (const std::string& text : texts) {
      check_interrupted();
      result.push_back(ptb_text(text));
    }
    return result;
  };
  PtbTexts texts;
  texts.predictions = each(predictions);
  for (const auto& group : references) texts.references.push_back(each(group));
  return texts;
}

void set_mean(TextScore& score, std::vector<double> items) {
  score.statistics = mean_statistics(items);
  score.items = std::move(items);
}

void set_meteor(TextScore& score, const PtbTexts& texts, const TextScoreOptions& options) {
  const auto data = open_meteor_data(options.meteor_data);
  score.statistics =
      meteor_statistics(texts.references, texts.predictions, *data, options.paraphrases);
  if (!options.paraphrases) score.name += " (no paraphrases)";
  for (size_t i = 0; i < texts.predictions.size(); ++i)
    score.items.push_back(score.statistics.item_score(i));
}

/// \throws DataError METEOR's data are missing or damaged
void set_score(TextScore& score, const MtevalScores& mteval, const PtbTexts& texts,
               const TextScoreOptions& options) {
  if (score.metric == Metric::kBleu) {
    score.statistics = mteval.bleu;
    score.items = mteval.items.bleu;
  } else if (score.metric == Metric::kNist) {
    score.statistics = mteval.nist;
    score.items = mteval.items.nist;
  } else if (score.metric == Metric::kMeteor) {
    set_meteor(score, texts, options);
  } else if (score.metric == Metric::kRougeL) {
    set_mean(score, rouge_l_items(texts.references, texts.predictions));
  } else {
    set_mean(score, cider_items(texts.references, texts.predictions));
  }
}

/// Text that fits into one field of a table with tabs.
std::string one_field(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\t' || c == '\n' || c == '\r'; }, ' ');
  return text;
}

}  // namespace

const TextScore* ScoreSet::find(Metric metric) const {
  const auto found = std::ranges::find(scores, metric, &TextScore::metric);
  return found == scores.end() ? nullptr : &*found;
}

ScoreSet score_texts(const References& references, const std::vector<std::string>& predictions,
                     const TextScoreOptions& options) {
  check_counts(references, predictions);
  const auto wants_one_of = [&](std::initializer_list<Metric> metrics) {
    return std::ranges::find_first_of(options.metrics, metrics) != options.metrics.end();
  };
  MtevalScores mteval;
  PtbTexts texts;
  if (wants_one_of({Metric::kBleu, Metric::kNist}))
    mteval = mteval_scores(references, predictions, options.convention, options.per_item);
  if (wants_one_of({Metric::kMeteor, Metric::kRougeL, Metric::kCider}))
    texts = ptb_texts(references, predictions);
  ScoreSet set;
  set.items = predictions.size();
  for (const auto& group : references) set.references += group.size();
  set.empty_predictions = static_cast<size_t>(std::ranges::count_if(
      predictions, [](const std::string& text) { return strip(text).empty(); }));
  for (const Metric metric : options.metrics) {
    if (set.find(metric) != nullptr) continue;
    TextScore score;
    score.metric = metric;
    score.name = printed_name(metric);
    try {
      set_score(score, mteval, texts, options);
    } catch (const DataError& error) {
      set.missing.emplace_back(error.what());
      continue;
    }
    score.value = score.statistics.corpus_score();
    if (!options.per_item) score.items.clear();
    set.scores.push_back(std::move(score));
  }
  if (set.find(Metric::kBleu) != nullptr) set.sentence_bleu = std::move(mteval.items.sentence_bleu);
  return set;
}

std::string per_item_table(const ScoreSet& set, const std::vector<std::string>& predictions,
                           const std::vector<std::string>& sources) {
  std::vector<std::pair<std::string, const std::vector<double>*>> columns;
  for (const auto& [metric, name] : kPrinted) {
    const TextScore* score = set.find(metric);
    if (score == nullptr) continue;
    columns.emplace_back(score->name, &score->items);
    if (metric == Metric::kBleu) columns.emplace_back("sentBLEU", &set.sentence_bleu);
  }
  std::string table = "src\tsys_out";
  for (const auto& [name, values] : columns) {
    table += '\t';
    table += name;
  }
  table += '\n';
  for (size_t i = 0; i < predictions.size(); ++i) {
    table += one_field(i < sources.size() ? sources[i] : "") + '\t' + one_field(predictions[i]);
    for (const auto& [name, values] : columns) table += fmt::format("\t{:.4f}", values->at(i));
    table += '\n';
  }
  return table;
}

}  // namespace eida

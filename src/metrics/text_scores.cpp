#include "eida/metrics/text_scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "eida/core/error.h"
#include "eida/metrics/meteor.h"
#include "eida/metrics/ptb_tokenizer.h"
#include "eida/metrics/rouge_cider.h"
#include "unicode.h"

namespace eida {

using namespace metrics;  // code points, n-grams

namespace {

struct PrintedName {
  Metric metric;
  const char* name;
};
constexpr std::array<PrintedName, 5> kPrinted{{{Metric::kBleu, "BLEU"},
                                               {Metric::kNist, "NIST"},
                                               {Metric::kMeteor, "METEOR"},
                                               {Metric::kRougeL, "ROUGE_L"},
                                               {Metric::kCider, "CIDEr"}}};

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

/// Computes the metrics one by one; what several of them need is made once.
class Scorer {
 public:
  Scorer(const References& references, const std::vector<std::string>& predictions,
         const TextScoreOptions& options)
      : references_(references), predictions_(predictions), options_(options) {}

  ScoreSet run() {
    set_.items = predictions_.size();
    for (const auto& group : references_) set_.references += group.size();
    set_.empty_predictions = static_cast<size_t>(std::ranges::count_if(
        predictions_, [](const std::string& text) { return strip(text).empty(); }));
    const bool mteval = wants(Metric::kBleu) || wants(Metric::kNist);
    const bool ptb = wants(Metric::kMeteor) || wants(Metric::kRougeL) || wants(Metric::kCider);
    if (mteval) {
      mteval_ = mteval_scores(references_, predictions_, options_.convention, options_.per_item);
    }
    if (ptb) tokenize();
    for (const Metric metric : options_.metrics) add(metric);
    if (wants(Metric::kBleu)) set_.sentence_bleu = std::move(mteval_.items.sentence_bleu);
    return std::move(set_);
  }

 private:
  bool wants(Metric metric) const {
    return std::ranges::find(options_.metrics, metric) != options_.metrics.end();
  }

  void tokenize() {
    for (const std::string& text : predictions_) ptb_predictions_.push_back(ptb_text(text));
    for (const auto& group : references_) {
      auto& texts = ptb_references_.emplace_back();
      for (const std::string& text : group) texts.push_back(ptb_text(text));
    }
  }

  void add(Metric metric) {
    if (set_.find(metric) != nullptr) return;
    TextScore score;
    score.metric = metric;
    score.name = text_metric_name(metric);
    switch (metric) {
      case Metric::kBleu:
        score.statistics = mteval_.bleu;
        score.items = mteval_.items.bleu;
        break;
      case Metric::kNist:
        score.statistics = mteval_.nist;
        score.items = mteval_.items.nist;
        break;
      case Metric::kMeteor:
        if (!meteor(score)) return;
        break;
      case Metric::kRougeL:
        mean(score, rouge_l_items(ptb_references_, ptb_predictions_));
        break;
      case Metric::kCider:
        mean(score, cider_items(ptb_references_, ptb_predictions_));
        break;
      case Metric::kAccuracy:
      case Metric::kLoss:
        break;  // text_metric_name() has refused them
    }
    score.value = score.statistics.corpus_score();
    if (!options_.per_item) score.items.clear();
    set_.scores.push_back(std::move(score));
  }

  static void mean(TextScore& score, std::vector<double> items) {
    score.statistics = mean_statistics(items);
    score.items = std::move(items);
  }

  bool meteor(TextScore& score) {
    try {
      const auto data = open_meteor_data(options_.meteor_data);
      score.statistics =
          meteor_statistics(ptb_references_, ptb_predictions_, *data, options_.paraphrases);
    } catch (const DataError& error) {
      set_.missing.emplace_back(error.what());
      return false;
    }
    if (!options_.paraphrases) score.name += " (no paraphrases)";
    for (size_t i = 0; i < set_.items; ++i) score.items.push_back(score.statistics.item_score(i));
    return true;
  }

  const References& references_;
  const std::vector<std::string>& predictions_;
  const TextScoreOptions& options_;
  MtevalScores mteval_;
  References ptb_references_;
  std::vector<std::string> ptb_predictions_;
  ScoreSet set_;
};

/// Text that fits into one field of a table with tabs.
std::string one_field(std::string text) {
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

const char* text_metric_name(Metric metric) {
  for (const PrintedName& entry : kPrinted) {
    if (entry.metric == metric) return entry.name;
  }
  throw ConfigError(
      "eval.metrics: {} is no score of generated text (hint: bleu, nist, meteor, rouge_l or cider)",
      metric);
}

const TextScore* ScoreSet::find(Metric metric) const {
  for (const TextScore& score : scores) {
    if (score.metric == metric) return &score;
  }
  return nullptr;
}

ScoreSet score_texts(const References& references, const std::vector<std::string>& predictions,
                     const TextScoreOptions& options) {
  check_counts(references, predictions);
  return Scorer(references, predictions, options).run();
}

std::string per_item_table(const ScoreSet& set, const std::vector<std::string>& predictions,
                           const std::vector<std::string>& sources) {
  std::vector<std::pair<std::string, const std::vector<double>*>> columns;
  for (const PrintedName& entry : kPrinted) {
    const TextScore* score = set.find(entry.metric);
    if (score == nullptr) continue;
    columns.emplace_back(score->name, &score->items);
    if (entry.metric == Metric::kBleu) columns.emplace_back("sentBLEU", &set.sentence_bleu);
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

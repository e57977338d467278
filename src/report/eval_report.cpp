#include "eida/report/eval_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "eida/core/utf8.h"
#include "eida/report/page.h"

namespace eida {
namespace {

constexpr size_t kMostReferences = 5;  ///< shown of an item
constexpr size_t kWidth = 400;         ///< of a shown text, in columns

std::string shown(const std::string& text) { return printable(text, kWidth); }

std::string shown_references(const std::vector<std::string>& references) {
  std::string text;
  for (size_t i = 0; i < std::min(references.size(), kMostReferences); ++i)
    text += (i == 0 ? "" : " ‖ ") + shown(references[i]);
  if (references.size() > kMostReferences)
    text += fmt::format(" … and {} more", references.size() - kMostReferences);
  return text;
}

void add_scores(Page& page, const EvalReport& report) {
  page.add_section("Scores");
  if (report.scores.empty()) {
    page.add_text("The data have no labels or references, so there is nothing to score.");
    return;
  }
  Table table({"score", "value", "95 % from", "to"}, {Align::kLeft});
  for (const ReportScore& score : report.scores) {
    const auto end = [&](double value) {
      return score.interval ? fmt::format("{:.4f}", value) : "";
    };
    const auto [low, high] = score.interval.value_or(std::pair(0.0, 0.0));
    table.add_row({score.name, fmt::format("{:.4f}", score.value), end(low), end(high)});
  }
  page.add_table("Scores with 95 % intervals", table);
}

void add_worst(Page& page, const EvalReport& report) {
  if (report.worst.empty()) return;
  const bool sources = std::ranges::any_of(
      report.worst, [](const ReportItem& item) { return !item.source.empty(); });
  const bool predictions = std::ranges::any_of(
      report.worst, [](const ReportItem& item) { return !item.prediction.empty(); });
  page.add_section("Worst items", fmt::format("The worst {} of {}, the worst first; id is that of "
                                              "predictions.jsonl.",
                                              report.worst.size(), report.worst_of));
  std::vector<std::string> header = {"id", report.item_value};
  std::vector<Align> align = {Align::kRight, Align::kRight};
  if (sources) header.emplace_back("input");
  if (predictions) header.emplace_back("prediction");
  header.emplace_back("wanted");
  align.resize(header.size(), Align::kLeft);
  Table table(header, align);
  for (const ReportItem& item : report.worst) {
    std::vector<std::string> row = {std::to_string(item.id), fmt::format("{:.4f}", item.value)};
    if (sources) row.push_back(shown(item.source));
    if (predictions) row.push_back(shown(item.prediction));
    row.push_back(shown_references(item.references));
    table.add_row(row);
  }
  page.add_table("Items beside what was wanted", table);
}

void add_beams(Page& page, const EvalReport& report) {
  if (report.beams.empty()) return;
  page.add_section("Beam alternatives",
                   "What beam search had to choose from for the first prompts; the first of each "
                   "is the prediction. score is the log-probability over the length penalty.");
  Table table({"prompt", "place", "score", "output"},
              {Align::kLeft, Align::kRight, Align::kRight, Align::kLeft});
  for (const ReportBeams& beams : report.beams) {
    for (size_t i = 0; i < beams.outputs.size(); ++i) {
      table.add_row({shown(beams.prompt), std::to_string(i + 1),
                     fmt::format("{:.4f}", beams.outputs[i].score), shown(beams.outputs[i].text)});
    }
  }
  page.add_table("Outputs of the beams", table);
}

}  // namespace

void write_eval_report(const std::filesystem::path& file, const EvalReport& report) {
  PageOptions options;
  options.title = report.title;
  if (!report.scores.empty()) {
    const ReportScore& first = report.scores.front();
    options.lead = fmt::format("{} {:.4f}", first.name, first.value);
    if (first.interval)
      options.lead +=
          fmt::format(" (95 %: {:.4f} to {:.4f})", first.interval->first, first.interval->second);
  }
  Page page(options);
  page.add_section("Run");
  add_weights_notice(page, report.weights, "the scores say nothing about a language model.",
                     report.random_tensors, "The scores are those of chance.");
  page.add_facts(report.facts);
  add_scores(page, report);
  for (const auto& [caption, table] : report.tables) page.add_table(caption, table);
  add_worst(page, report);
  add_beams(page, report);
  add_reproduction(page, report.manifest, report.config);
  page.write(file);
}

}  // namespace eida

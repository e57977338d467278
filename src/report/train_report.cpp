#include "eida/report/train_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eida/report/page.h"
#include "eida/report/reproduction.h"
#include "palette.h"

namespace eida {
namespace {

constexpr int kRefreshSeconds = 30;

std::string number(double value, const char* format = "{:.4f}") {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "";
}

FigureOptions options(const char* title, const char* x_label, const char* y_label) {
  FigureOptions options;
  options.title = title;
  options.x_label = x_label;
  options.y_label = y_label;
  return options;
}

Figure step_figure(const TrainReport& report, const char* title, double TrainStepPoint::*value) {
  Figure figure(options(title, "optimiser step", title));
  Series series;
  series.name = title;
  style_line(series, 0);
  for (const TrainStepPoint& point : report.steps) {
    series.x.push_back(point.step);
    series.y.push_back(point.*value);
  }
  figure.add(series);
  return figure;
}

/// Lines over rounds, one a name, in the order in which the names come up.
class RoundLines {
 public:
  void add(const std::string& name, int64_t round, double value) {
    auto found = std::find_if(lines_.begin(), lines_.end(),
                              [&](const Series& line) { return line.name == name; });
    if (found == lines_.end()) {
      lines_.push_back({});
      found = lines_.end() - 1;
      found->name = name;
      style_line(*found, lines_.size() - 1);
    }
    found->x.push_back(static_cast<double>(round));
    found->y.push_back(value);
  }
  bool empty() const { return lines_.empty(); }
  Figure figure(const char* title, const char* y_label) const {
    FigureOptions chart = options(title, "round", y_label);
    chart.integer_x = true;
    Figure figure(chart);
    for (const Series& line : lines_) figure.add(line);
    return figure;
  }

 private:
  std::vector<Series> lines_;
};

/// Mean over the layers of each kind of weights; places without a value are left out.
void add_means(RoundLines& lines, const TrainRound& round, const std::string& kind,
               double TrainPlace::*value) {
  std::vector<std::pair<std::string, std::vector<double>>> groups;
  for (const TrainPlace& place : round.places) {
    if (place.kind != kind || !std::isfinite(place.*value)) continue;
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const auto& known) { return known.first == place.weights; });
    if (group == groups.end()) group = groups.insert(groups.end(), {place.weights, {}});
    group->second.push_back(place.*value);
  }
  for (const auto& [weights, values] : groups) {
    double sum = 0.0;
    for (const double v : values) sum += v;
    lines.add(weights, round.round, sum / static_cast<double>(values.size()));
  }
}

RoundLines means_by_round(const TrainReport& report, const char* kind, double TrainPlace::*value) {
  RoundLines lines;
  for (const TrainRound& round : report.rounds) add_means(lines, round, kind, value);
  return lines;
}

bool is_loss(const std::string& metric) { return metric == "loss" || metric == "perplexity"; }

void add_head(Page& page, const TrainReport& report) {
  page.add_section("Run");
  if (report.running) {
    page.add_notice(fmt::format(
        "The run had not ended when this page was written: {} of {} rounds were done. The page is "
        "written again after every round.",
        report.rounds.size(), report.rounds_planned));
  }
  add_weights_notice(page, report.weights, "training started from nothing.");
  page.add_facts(report.facts);
}

void add_curves(Page& page, const TrainReport& report) {
  page.add_section("Curves", report.steps.size() < ThinnedSteps::kMost / 2
                                 ? ""
                                 : "Points of long curves are means of neighbouring steps.");
  std::vector<Figure> figures;
  if (!report.steps.empty()) {
    figures.push_back(step_figure(report, "training loss", &TrainStepPoint::loss));
    figures.push_back(step_figure(report, "learning rate", &TrainStepPoint::lr));
    figures.push_back(step_figure(report, "gradient norm", &TrainStepPoint::grad_norm));
  }
  RoundLines scores, losses;
  for (const TrainRound& round : report.rounds) {
    losses.add("training", round.round, round.train_loss);
    for (const auto& [metric, value] : round.scores) {
      if (metric == "loss") losses.add("data.dev", round.round, value);
      if (!is_loss(metric)) scores.add(metric, round.round, value);
    }
  }
  if (!scores.empty()) figures.push_back(scores.figure("Scores on data.dev", "score"));
  if (!losses.empty()) figures.push_back(losses.figure("Loss of the rounds", "loss"));
  if (figures.empty()) page.add_text("No step is logged yet.");
  if (!figures.empty()) page.add_figures(std::move(figures));
}

void add_rounds(Page& page, const TrainReport& report) {
  if (report.rounds.empty()) return;
  page.add_section("Rounds",
                   report.best_round > 0
                       ? fmt::format("The best model is that of round {}.", report.best_round)
                       : "");
  std::vector<std::string> header = {"round", "training loss"};
  for (const auto& [metric, value] : report.rounds.front().scores) header.push_back(metric);
  header.insert(header.end(), {"seconds", "sampling", "estimation", "training and the rest"});
  Table table(header);
  for (const TrainRound& round : report.rounds) {
    std::vector<std::string> row = {std::to_string(round.round), number(round.train_loss)};
    for (const auto& [metric, value] : round.scores) row.push_back(number(value));
    const double rest = round.seconds - round.sampling_seconds - round.estimation_seconds;
    for (const double time :
         {round.seconds, round.sampling_seconds, round.estimation_seconds, rest})
      row.push_back(number(time, "{:.1f}"));
    table.add_row(row);
  }
  page.add_table("Scores and seconds of each round", table);
}

Table place_table(const TrainRound& round) {
  Table table({"place", "kind", "layer", "rank", "of", "fidelity", "mean angle", "largest angle"},
              {Align::kLeft, Align::kLeft});
  for (const TrainPlace& place : round.places) {
    table.add_row(
        {place.name, place.kind == "input" ? "input" : "Δ output", std::to_string(place.layer),
         std::to_string(place.rank), std::to_string(place.dim), number(place.fidelity),
         number(place.mean_degrees, "{:.1f}°"), number(place.largest_degrees, "{:.1f}°")});
  }
  return table;
}

void add_subspaces(Page& page, const TrainReport& report) {
  if (report.rounds.empty() || report.rounds.back().places.empty()) return;
  page.add_section(
      "Subspaces",
      fmt::format("Fidelity before each round: mean cosine of tokens and their projections at the "
                  "chosen rank, of {}. Drift: principal angles between a place's subspaces of this "
                  "round and the round before; 0° is the same subspace, 90° has nothing in common. "
                  "Means over the layers.",
                  report.fidelity_of));
  std::vector<Figure> figures;
  const auto add = [&](const char* kind, double TrainPlace::*value, const char* title,
                       const char* y_label) {
    const RoundLines lines = means_by_round(report, kind, value);
    if (!lines.empty()) figures.push_back(lines.figure(title, y_label));
  };
  add("input", &TrainPlace::fidelity, "Fidelity of inputs", "mean cosine");
  add("delta_output", &TrainPlace::fidelity, "Fidelity of Δ(outputs)", "mean cosine");
  add("input", &TrainPlace::mean_degrees, "Drift of input subspaces", "mean angle, degrees");
  add("delta_output", &TrainPlace::mean_degrees, "Drift of Δ(output) subspaces",
      "mean angle, degrees");
  if (!figures.empty()) page.add_figures(std::move(figures));
  page.add_table(fmt::format("Places of round {}", report.rounds.back().round),
                 place_table(report.rounds.back()));
}

void add_audit(Page& page, const TrainReport& report) {
  int64_t trained = 0;
  for (const auto& [group, parameters] : report.audit) trained += parameters;
  page.add_section("What trains", fmt::format("{} parameters train, {} of the model do not.",
                                              grouped(trained), grouped(report.frozen)));
  Table table({"group", "parameters", "share"}, {Align::kLeft});
  for (const auto& [group, parameters] : report.audit) {
    const double share =
        static_cast<double>(parameters) / static_cast<double>(std::max<int64_t>(1, trained));
    table.add_row({group, grouped(parameters), fmt::format("{:.1f} %", 100.0 * share)});
  }
  page.add_table("Audit of trained parameters", table);
}

void add_merges(Page& page, const TrainReport& report) {
  Table table({"round", "largest difference", "tolerance", "loss before", "loss after", "holds"});
  for (const TrainRound& round : report.rounds) {
    if (!round.merge) continue;
    const TrainMerge& merge = *round.merge;
    table.add_row({std::to_string(round.round), number(merge.difference, "{:.1e}"),
                   number(merge.tolerance, "{:.1e}"), number(merge.loss_before),
                   number(merge.loss_after), merge.difference <= merge.tolerance ? "yes" : "NO"});
  }
  if (table.rows() == 0) return;
  page.add_section("Merging",
                   "Logits of the adapted model and of the model with the update merged into its "
                   "weights, on held-out examples in float32.");
  page.add_table("Parity of adapted and merged models", table);
}

}  // namespace

void write_train_report(const std::filesystem::path& file, const TrainReport& report) {
  PageOptions options;
  options.title = fmt::format("Training by {}", report.method);
  options.lead = fmt::format("{} of {} rounds.", report.rounds.size(), report.rounds_planned);
  options.refresh_seconds = report.running ? kRefreshSeconds : 0;
  Page page(options);
  add_head(page, report);
  add_curves(page, report);
  add_rounds(page, report);
  add_subspaces(page, report);
  add_audit(page, report);
  add_merges(page, report);
  add_reproduction(page, report.manifest, report.config);
  page.write(file);
}

}  // namespace eida

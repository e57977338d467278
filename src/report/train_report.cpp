#include "eida/report/train_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "eida/core/json.h"
#include "eida/report/page.h"

namespace eida {
namespace {

using nlohmann::json;

constexpr int kRefreshSeconds = 30;

std::string number(double value, const char* format = "{:.4f}") {
  return std::isfinite(value) ? fmt::format(fmt::runtime(format), value) : "";
}

/// Lines of a chart, one a name, in the order in which the names come up.
class Lines {
 public:
  void add(const std::string& name, double x, double y) {
    auto found = std::ranges::find(lines_, name, &Series::name);
    if (found == lines_.end()) {
      found = lines_.insert(lines_.end(), Series());
      found->name = name;
      style_line(*found, lines_.size() - 1);
    }
    found->x.push_back(x);
    found->y.push_back(y);
  }
  bool empty() const { return lines_.empty(); }
  const std::vector<Series>& all() const { return lines_; }
  Figure figure(const char* title, const char* y_label, bool over_rounds = true) const {
    FigureOptions options;
    options.title = title;
    options.x_label = over_rounds ? "round" : "optimiser step";
    options.y_label = y_label;
    options.integer_x = over_rounds;
    Figure figure(options);
    for (const Series& line : lines_) figure.add(line);
    return figure;
  }

 private:
  std::vector<Series> lines_;
};

Figure step_figure(const TrainReport& report, const char* title, double TrainStepPoint::*value) {
  Lines lines;
  for (const TrainStepPoint& point : report.steps) lines.add(title, point.step, point.*value);
  return lines.figure(title, title, false);
}

double value_of(const json& round, const char* key) { return number_or_nan(round.at(key)); }

json scores_of(const json& round) { return round.value("eval", json::object()); }
json places_of(const json& round) { return round.value("places", json::array()); }

// What is shown of a place; NaN: not measured, or there is no round before.
double fidelity_of(const json& place) { return number_or_nan(place.at("fidelity")); }
double drift_of(const json& place, const char* angle) {
  const json& drift = place.at("drift");
  return number_or_nan(drift.is_null() ? drift : drift.at(angle));
}
double mean_drift_of(const json& place) { return drift_of(place, "mean_degrees"); }

/// Means over the layers of each kind of weights; places without a value are left out.
Lines means_by_round(const TrainReport& report, const char* kind, double (*value)(const json&)) {
  Lines means;
  for (const json& round : report.rounds) {
    Lines places;
    for (const json& place : places_of(round)) {
      if (place.at("kind") == kind && std::isfinite(value(place)))
        places.add(place.at("weights"), 0, value(place));
    }
    for (const Series& line : places.all()) {
      const double sum = std::accumulate(line.y.begin(), line.y.end(), 0.0);
      means.add(line.name, round.at("round"), sum / static_cast<double>(line.y.size()));
    }
  }
  return means;
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
  Lines scores, losses;
  for (const json& round : report.rounds) {
    const auto at = round.at("round").get<int64_t>();
    losses.add("training", at, value_of(round, "train_loss"));
    const json on_dev = scores_of(round);
    for (const auto& [metric, value] : on_dev.items()) {
      if (metric == "loss") losses.add("data.dev", at, number_or_nan(value));
      if (!is_loss(metric)) scores.add(metric, at, number_or_nan(value));
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
  const json first_scores = scores_of(report.rounds.front());
  for (const auto& [metric, value] : first_scores.items()) header.push_back(metric);
  header.insert(header.end(), {"seconds", "sampling", "estimation", "training and the rest"});
  Table table(header);
  for (const json& round : report.rounds) {
    std::vector<std::string> row = {round.at("round").dump(),
                                    number(value_of(round, "train_loss"))};
    for (const json& score : scores_of(round)) row.push_back(number(number_or_nan(score)));
    const double seconds = value_of(round, "seconds"),
                 sampling = value_of(round, "sampling_seconds"),
                 estimation = value_of(round, "estimation_seconds");
    for (const double time : {seconds, sampling, estimation, seconds - sampling - estimation})
      row.push_back(number(time, "{:.1f}"));
    table.add_row(row);
  }
  page.add_table("Scores and seconds of each round", table);
}

Table place_table(const json& places) {
  Table table({"place", "kind", "layer", "rank", "of", "fidelity", "mean angle", "largest angle"},
              {Align::kLeft, Align::kLeft});
  for (const json& place : places) {
    table.add_row({place.at("name"), place.at("kind") == "input" ? "input" : "Δ output",
                   place.at("layer").dump(), place.at("rank").dump(), place.at("dim").dump(),
                   number(fidelity_of(place)), number(mean_drift_of(place), "{:.1f}°"),
                   number(drift_of(place, "largest_degrees"), "{:.1f}°")});
  }
  return table;
}

void add_subspaces(Page& page, const TrainReport& report) {
  if (report.rounds.empty() || places_of(report.rounds.back()).empty()) return;
  page.add_section(
      "Subspaces",
      fmt::format("Fidelity before each round: mean cosine of tokens and their projections at the "
                  "chosen rank, of {}. Drift: principal angles between a place's subspaces of this "
                  "round and the round before; 0° is the same subspace, 90° has nothing in common. "
                  "Means over the layers.",
                  report.fidelity_of));
  std::vector<Figure> figures;
  const auto add = [&](const char* kind, double (*value)(const json&), const char* title,
                       const char* y_label) {
    const Lines lines = means_by_round(report, kind, value);
    if (!lines.empty()) figures.push_back(lines.figure(title, y_label));
  };
  add("input", fidelity_of, "Fidelity of inputs", "mean cosine");
  add("delta_output", fidelity_of, "Fidelity of Δ(outputs)", "mean cosine");
  add("input", mean_drift_of, "Drift of input subspaces", "mean angle, degrees");
  add("delta_output", mean_drift_of, "Drift of Δ(output) subspaces", "mean angle, degrees");
  if (!figures.empty()) page.add_figures(std::move(figures));
  page.add_table(fmt::format("Places of round {}", report.rounds.back().at("round").dump()),
                 place_table(places_of(report.rounds.back())));
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
  for (const json& round : report.rounds) {
    if (!round.contains("merge")) continue;
    const json& merge = round.at("merge");
    const double difference = value_of(merge, "largest_difference"),
                 tolerance = value_of(merge, "tolerance");
    table.add_row({round.at("round").dump(), number(difference, "{:.1e}"),
                   number(tolerance, "{:.1e}"), number(value_of(merge, "loss_before")),
                   number(value_of(merge, "loss_after")), difference <= tolerance ? "yes" : "NO"});
  }
  if (table.rows() == 0) return;
  page.add_section("Merging",
                   "Logits of the adapted model and of the model with the update merged into its "
                   "weights, on held-out examples in float32.");
  page.add_table("Parity of adapted and merged models", table);
}

}  // namespace

void ThinnedSteps::add(const TrainStepPoint& point) {
  if (sums_.empty() || last_ == stride_) {
    if (sums_.size() == kMost) halve();
    sums_.emplace_back();
    last_ = 0;
  }
  TrainStepPoint& sum = sums_.back();
  sum.step += point.step;
  sum.loss += point.loss;
  sum.lr += point.lr;
  sum.grad_norm += point.grad_norm;
  ++last_;
}

/// Adds each pair of full neighbours up.
void ThinnedSteps::halve() {
  for (size_t i = 0; i < sums_.size(); i += 2) {
    const TrainStepPoint &a = sums_[i], &b = sums_[i + 1];
    sums_[i / 2] = {a.step + b.step, a.loss + b.loss, a.lr + b.lr, a.grad_norm + b.grad_norm};
  }
  sums_.resize(sums_.size() / 2);
  stride_ *= 2;
}

std::vector<TrainStepPoint> ThinnedSteps::points() const {
  std::vector<TrainStepPoint> means = sums_;
  for (size_t i = 0; i < means.size(); ++i) {
    const auto count = static_cast<double>(i + 1 == means.size() ? last_ : stride_);
    TrainStepPoint& mean = means[i];
    mean = {mean.step / count, mean.loss / count, mean.lr / count, mean.grad_norm / count};
  }
  return means;
}

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

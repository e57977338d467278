#include "eida/report/probe_report.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "eida/core/json.h"
#include "eida/report/reproduction.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// The mean of a {"mean", "half_interval_95"}; NaN for null.
double mean_of(const Json& value) {
  return value.is_null() ? kNaN : number_or_nan(value.at("mean"));
}

std::string shown(double value, int decimals = 3) {
  return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, decimals);
}

std::string text_of(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

/// The curves of one measure of probe.json, "fidelity" or "centred_fidelity".
std::vector<CurvePoint> points_of(const Json& probe, const char* measure) {
  std::vector<CurvePoint> points;
  for (const Json& place : probe.at("places")) {
    for (const Json& dimension : probe.at("dims")) {
      const Json& value = place.at(measure).at(dimension.dump());
      const double mean = mean_of(value);
      const double half = value.is_null() ? kNaN : number_or_nan(value.at("half_interval_95"));
      points.push_back({place.at("kind"), place.at("place"), place.at("layer"), place.at("weights"),
                        place.at("dim"), dimension, mean, mean - half, mean + half});
    }
  }
  return points;
}

void add_run(Page& page, const ProbeReport& report) {
  const Json& probe = report.probe;
  page.add_section("What was run");
  const std::string weights = text_of(probe.at("weights"));
  add_weights_notice(page, weights,
                     "the curves say nothing about a language model, only that the program runs.");
  std::string dims;
  for (const Json& k : probe.at("dims")) dims += (dims.empty() ? "" : ", ") + k.dump();
  page.add_facts({{"model", text_of(probe.at("model"))},
                  {"architecture", text_of(probe.at("model_type"))},
                  {"weights", weights},
                  {"task", text_of(probe.at("task"))},
                  {"data", text_of(probe.at("train"))},
                  {"examples sampled", text_of(probe.at("examples"))},
                  {"examples held out", text_of(probe.at("heldout_examples"))},
                  {"repeats", text_of(probe.at("repeats"))},
                  {"estimator", text_of(probe.at("estimator"))},
                  {"dimensions k", dims},
                  {"rank rule", text_of(probe.at("rank_rule"))}});
}

void add_curves(Page& page, const ProbeReport& report) {
  page.add_section(
      "Fidelity curves",
      "Subspaces of k dimensions were estimated from one part of the examples. A curve shows the "
      "mean cosine between a token's vector in fresh examples and its projection into the "
      "subspace: "
      "1 means that the subspace holds the whole vector. Bands are 95 % intervals over the "
      "repeats.");
  if (!report.published.empty()) {
    page.add_text(
        "Grey rings are published values, read off a figure; from below to above they belong to "
        "growing k. They were not measured here.");
  }
  CurveFigureOptions options;
  options.published = report.published;
  std::vector<Figure> figures;
  std::vector<CurveFigure> curves = curve_figures(points_of(report.probe, "fidelity"), options);
  for (CurveFigure& each : curves) figures.push_back(std::move(each.figure));
  page.add_figures(std::move(figures));
  page.add_table("Mean fidelity, layer by layer",
                 curves_table(points_of(report.probe, "fidelity")));
}

void add_plan(Page& page, const Json& probe) {
  page.add_section("Rank plan", "How many dimensions an adapter gets at each place, and why.");
  Table table({"kind", "place", "layer", "weights", "name", "rank", "of", "reason"},
              {Align::kLeft, Align::kRight, Align::kRight, Align::kLeft, Align::kLeft,
               Align::kRight, Align::kRight, Align::kLeft});
  for (const Json& place : probe.at("places")) {
    table.add_row({text_of(place.at("kind")), text_of(place.at("place")),
                   text_of(place.at("layer")), text_of(place.at("weights")),
                   text_of(place.at("name")), text_of(place.at("rank")), text_of(place.at("dim")),
                   text_of(place.at("rank_reason"))});
  }
  page.add_table("Rank of every place", table);
}

/// Share of the mean's direction, layer by layer, for one kind of place.
Series mean_share_series(const Json& probe, const CurveFigure& figure) {
  Series series{"mean's share of energy", "#7f7f7f", {}, {}, {}, {}, true};
  for (const Json& place : probe.at("places")) {
    if (place.at("kind") != figure.kind || place.at("weights") != figure.weights) continue;
    series.x.push_back(place.at("layer"));
    series.y.push_back(mean_of(place.at("mean_direction_energy_share")));
  }
  return series;
}

std::vector<Figure> centred_figures(const Json& probe) {
  CurveFigureOptions options;
  options.note = "mean direction removed";
  options.from_zero = true;
  std::vector<Figure> figures;
  std::vector<CurveFigure> curves = curve_figures(points_of(probe, "centred_fidelity"), options);
  for (CurveFigure& each : curves) {
    each.figure.add(mean_share_series(probe, each));
    figures.push_back(std::move(each.figure));
  }
  return figures;
}

Table geometry_table(const Json& probe) {
  const std::string k = probe.at("dims").back().dump();
  Table table(
      {"kind", "layer", "weights", "dim", "fidelity k=" + k, "centred k=" + k, "mean's energy",
       "mean's cosine", "pair cosine", "participation ratio", "TwoNN", "MLE", "gradient k=" + k},
      {Align::kLeft, Align::kRight, Align::kLeft});
  for (const Json& place : probe.at("places")) {
    const Json captured = place.value("gradient_capture", Json::object());
    table.add_row(
        {text_of(place.at("kind")), text_of(place.at("layer")), text_of(place.at("weights")),
         text_of(place.at("dim")), shown(mean_of(place.at("fidelity").at(k))),
         shown(mean_of(place.at("centred_fidelity").at(k))),
         shown(mean_of(place.at("mean_direction_energy_share"))),
         shown(mean_of(place.at("mean_direction_cosine"))), shown(mean_of(place.at("pair_cosine"))),
         shown(mean_of(place.at("participation_ratio")), 1),
         shown(mean_of(place.at("two_nn_dimension")), 1),
         shown(mean_of(place.at("mle_dimension")), 1), shown(mean_of(captured.value(k, Json())))});
  }
  return table;
}

/// Two plain sentences for each number.
std::vector<std::pair<std::string, std::string>> explanations() {
  return {
      {"centred fidelity",
       "The same cosine after the samples' mean was taken out of every vector. Where it is far "
       "below the raw fidelity, the raw curve is high because all vectors share a direction, not "
       "because they fill few dimensions."},
      {"mean's energy, cosine",
       "How much of the vectors' squared length lies in their mean, and how close a vector is to "
       "the mean's direction on average. Near 1, one direction alone explains most of every "
       "vector."},
      {"pair cosine",
       "Mean cosine of two vectors of different tokens drawn at random. It is 0 for vectors that "
       "point everywhere, and near 1 where they lie in a narrow cone (anisotropy)."},
      {"participation ratio",
       "How many directions carry the variance around the mean, (sum of eigenvalues)\u00B2 / sum "
       "of "
       "squares. It is the dimension if all carry the same, and less if a few dominate."},
      {"TwoNN, MLE",
       "Intrinsic dimension from the distances to nearest neighbours, by two estimators. They "
       "measure how a curved cloud of points looks from close by, so they may be far smaller than "
       "the subspace that holds the cloud."},
      {"gradient capture",
       "The share of the squared gradient of the weights that survives when only these subspaces "
       "may change, on held-out examples. It tells what an adapter of this rank can learn in its "
       "first step; inputs have none of their own."},
  };
}

void add_geometry(Page& page, const Json& probe) {
  page.add_section(
      "Few dimensions, or one common direction?",
      "Vectors that all point the same way have high curves without filling few dimensions. These "
      "numbers tell the two apart.");
  page.add_facts(explanations());
  page.add_figures(centred_figures(probe));
  page.add_table("Shape of the vectors, layer by layer", geometry_table(probe));
}

}  // namespace

Page probe_page(const ProbeReport& report) {
  const Json& probe = report.probe;
  const std::string model = std::filesystem::path(text_of(probe.at("model"))).filename().string();
  const bool random = text_of(probe.at("weights")).starts_with("random");
  Page page({fmt::format("Probe of {}{} on {}", random ? "random weights shaped like " : "", model,
                         text_of(probe.at("task"))),
             "Where token representations, and what the gradient does to them, are concentrated.",
             0});
  add_run(page, report);
  add_curves(page, report);
  add_geometry(page, probe);
  add_plan(page, probe);
  add_reproduction(page, report.manifest, report.config);
  return page;
}

}  // namespace eida

#include "eida/report/probe_report.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "eida/core/json.h"

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

std::string count_of(const Json& value) { return grouped(value.get<int64_t>()); }

/// The folder with the one it lies in: folders of models are often called "model".
std::string model_title(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  return (folder.parent_path().filename() / folder.filename()).string();
}

void add_run(Page& page, const ProbeReport& report) {
  const Json& probe = report.probe;
  page.add_section("What was run");
  const std::string weights = text_of(probe.at("weights"));
  const std::vector<std::string> random_tensors = probe.at("random_tensors");
  add_weights_notice(
      page, weights, "the curves say nothing about a language model, only that the program runs.",
      random_tensors,
      "Δ(outputs) and gradients are those of a model before its first training step.");
  add_repeats_notice(page, probe.at("repeats"));
  std::vector<std::pair<std::string, std::string>> facts = {{"model", text_of(probe.at("model"))}};
  const Json& name = probe.at("name_or_path");
  if (name.is_string() && !name.get_ref<const std::string&>().empty())
    facts.emplace_back("_name_or_path in config.json", text_of(name));
  const std::vector<int64_t> dims = probe.at("dims");
  facts.insert(facts.end(), {{"architecture", text_of(probe.at("model_type"))},
                             {"weights", weights_text(weights, random_tensors)},
                             {"task", text_of(probe.at("task"))},
                             {"data", text_of(probe.at("train"))},
                             {"examples sampled", count_of(probe.at("examples"))},
                             {"examples held out", count_of(probe.at("heldout_examples"))},
                             {"repeats", count_of(probe.at("repeats"))},
                             {"estimator", text_of(probe.at("estimator"))},
                             {"dimensions k", fmt::format("{}", fmt::join(dims, ", "))},
                             {"rank rule", text_of(probe.at("rank_rule"))}});
  page.add_facts(facts);
}

/// Depth and width of the probed model, as far as its places show them.
std::pair<int64_t, int64_t> layers_and_width(const Json& probe) {
  int64_t layers = 0;
  const Json& first = probe.at("places").front();
  for (const Json& place : probe.at("places"))
    layers += place.at("kind") == first.at("kind") && place.at("weights") == first.at("weights");
  return {layers, first.at("dim").get<int64_t>()};
}

void add_published_remarks(Page& page, const ProbeReport& report) {
  const PublishedCurves& published = report.published;
  if (published.points.empty()) return;
  page.add_text(fmt::format(
      "Grey rings are published values of {}, read off a figure; from below to above they belong "
      "to growing k. They were not measured here.",
      published.name));
  const std::string type = text_of(report.probe.at("model_type"));
  const auto [layers, width] = layers_and_width(report.probe);
  const bool same = (published.model_type.empty() || published.model_type == type) &&
                    (published.layers == 0 || published.layers == layers) &&
                    (published.width == 0 || published.width == width);
  if (same) return;
  page.add_notice(fmt::format(
      "The published values are of another model: {} is a {} of {} layers and width {}, probed was "
      "a {} of {} layers and width {}.",
      published.name, published.model_type, published.layers, published.width, type, layers,
      width));
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

/// Where the y axis of every panel starts, so that raw and centred curves compare by eye.
double axis_start(const ProbeReport& report, const std::vector<CurvePoint>& raw,
                  const std::vector<CurvePoint>& centred) {
  std::vector<CurvePoint> shares = raw;
  for (size_t i = 0; i < shares.size(); ++i) {
    const size_t place = i / report.probe.at("dims").size();
    shares[i].mean = mean_of(report.probe.at("places")[place].at("mean_direction_energy_share"));
  }
  return std::min({curve_axis_start(raw), curve_axis_start(centred), curve_axis_start(shares),
                   curve_axis_start(report.published.points)});
}

/// Each kind of place twice: as it is, and beside it without the mean's direction.
std::vector<Figure> paired_figures(const ProbeReport& report) {
  const std::vector<CurvePoint> raw = curve_points(report.probe, "fidelity");
  const std::vector<CurvePoint> centred = curve_points(report.probe, "centred_fidelity");
  CurveFigureOptions options;
  options.y_min = axis_start(report, raw, centred);
  options.published = report.published;
  const std::vector<CurveFigure> left = curve_figures(raw, options);
  options.published = {};
  options.note = "mean direction removed";
  std::vector<CurveFigure> right = curve_figures(centred, options);
  std::vector<Figure> figures;
  for (size_t i = 0; i < left.size(); ++i) {
    right[i].figure.add(mean_share_series(report.probe, right[i]));
    figures.push_back(left[i].figure);
    figures.push_back(std::move(right[i].figure));
  }
  return figures;
}

void add_curves(Page& page, const ProbeReport& report) {
  page.add_section(
      "Fidelity curves",
      "Subspaces of k dimensions were estimated from one part of the examples. A curve shows the "
      "mean cosine between a token's vector in fresh examples and its projection into the "
      "subspace: 1 means that the subspace holds the whole vector. Bands are 95 % intervals over "
      "the repeats.");
  page.add_text(
      "Each kind of place has two panels on the same axes: the vectors as they are, and the same "
      "after the samples' mean was taken out of them. Where the second lies far below the first, "
      "the vectors share one direction (anisotropy), and the first is no sign of few dimensions. "
      "The dashed grey line is the share of the vectors' energy that the mean holds.");
  add_published_remarks(page, report);
  const std::vector<CurvePoint> points = curve_points(report.probe, "fidelity");
  page.add_figures(paired_figures(report));
  const std::vector<std::string> others = weights_without_figure(points);
  if (!others.empty()) {
    page.add_text(fmt::format("Places that occur once ({}) have no panel: they are in the table.",
                              fmt::join(others, ", ")));
  }
  page.add_table("Mean fidelity, layer by layer", curves_table(points));
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

void add_geometry(Page& page, const Json& probe) {
  page.add_section(
      "Few dimensions, or one common direction?",
      "Vectors that all point the same way have high curves without filling few dimensions. These "
      "numbers tell the two apart.");
  page.add_facts({
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
  });
  page.add_table("Shape of the vectors, layer by layer", geometry_table(probe));
}

}  // namespace

std::vector<CurvePoint> curve_points(const Json& probe, const char* measure) {
  std::vector<CurvePoint> points;
  for (const Json& place : probe.at("places")) {
    for (const Json& dimension : probe.at("dims")) {
      const Json& value = place.at(measure).at(dimension.dump());
      points.push_back({place.at("kind"), place.at("place"), place.at("layer"), place.at("weights"),
                        place.at("dim"), dimension});
      set_interval(points.back(), mean_of(value),
                   value.is_null() ? kNaN : number_or_nan(value.at("half_interval_95")));
    }
  }
  return points;
}

Page probe_page(const ProbeReport& report) {
  const Json& probe = report.probe;
  const std::string model = model_title(text_of(probe.at("model")));
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

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "eida/core/files.h"
#include "eida/report/curves.h"
#include "eida/report/figure.h"

namespace eida {
namespace {

/// Short name of a weight -> its symbol, in the order of the figures; other weights are behind the
/// layers.
constexpr std::array<std::array<std::string_view, 2>, 9> kSymbols{{{"q", "W_Q"},
                                                                   {"k", "W_K"},
                                                                   {"v", "W_V"},
                                                                   {"o", "W_O"},
                                                                   {"fc1", "W_fc1"},
                                                                   {"fc2", "W_fc2"},
                                                                   {"gate", "W_gate"},
                                                                   {"up", "W_up"},
                                                                   {"down", "W_down"}}};

std::vector<std::string> split_names(const std::string& weights) {
  std::vector<std::string> names;
  std::istringstream stream(weights);
  for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
  return names;
}

/// Position among the symbols, or their number for a weight behind the layers.
size_t symbol_index(std::string_view name) {
  size_t index = 0;
  while (index < kSymbols.size() && kSymbols[index][0] != name) ++index;
  return index;
}

bool in_layers(const std::string& weights) {
  const auto names = split_names(weights);
  return !names.empty() && std::ranges::all_of(names, [](const std::string& name) {
    return symbol_index(name) < kSymbols.size();
  });
}

/// A kind of place, ordered as the figures are: inputs before delta outputs, then the order of the
/// symbols.
struct Group {
  bool delta;
  size_t order;
  std::string weights;
  int64_t dim;
  std::string kind() const { return delta ? "delta_output" : "input"; }
  auto operator<=>(const Group&) const = default;  // NOLINT(modernize-use-nullptr): false alarm
};

std::map<Group, std::vector<CurvePoint>> group_curves(const std::vector<CurvePoint>& curves) {
  std::map<Group, std::vector<CurvePoint>> groups;
  for (const CurvePoint& curve : curves) {
    if (!in_layers(curve.weights)) continue;
    const size_t order = symbol_index(split_names(curve.weights).front());
    groups[{curve.kind == "delta_output", order, curve.weights, curve.dim}].push_back(curve);
  }
  return groups;
}

/// The line of one k; `points` are sorted by layer.
Series make_series(const std::vector<CurvePoint>& points, int64_t k, size_t index) {
  Series series;
  series.name = "k = " + std::to_string(k);
  style_line(series, index);
  bool bars = false;
  for (const CurvePoint& point : points) {
    if (point.k != k) continue;
    series.x.push_back(static_cast<double>(point.layer));
    series.y.push_back(point.mean);
    series.low.push_back(point.low);
    series.high.push_back(point.high);
    bars = bars || (std::isfinite(point.low) && std::isfinite(point.high));
  }
  if (!bars) series.low = series.high = {};
  return series;
}

/// Values of others for the same kind of place: points of one grey, whatever their k.
Series published_series(const Group& group, const PublishedCurves& published) {
  Series series{"published: " + published.name, "#7f7f7f", {}, {}, {}, {}, false, true};
  for (const CurvePoint& point : published.points) {
    if (point.kind != group.kind() || point.weights != group.weights) continue;
    series.x.push_back(static_cast<double>(point.layer));
    series.y.push_back(point.mean);
  }
  return series;
}

Figure make_figure(const Group& group, std::vector<CurvePoint> points,
                   const CurveFigureOptions& options) {
  std::stable_sort(points.begin(), points.end(),
                   [](const auto& a, const auto& b) { return a.layer < b.layer; });
  FigureOptions axes = curve_axes(group.kind(), group.weights, group.dim);
  if (!options.note.empty()) axes.title += ", " + options.note;
  axes.y_min = options.y_min;
  axes.width = options.width;
  axes.height = options.height;
  Figure figure(axes);
  std::set<int64_t> dims;
  for (const CurvePoint& point : points) dims.insert(point.k);
  size_t index = 0;
  for (const int64_t k : dims) figure.add(make_series(points, k, index++));
  Series published = published_series(group, options.published);
  if (!published.x.empty()) figure.add(std::move(published));
  return figure;
}

}  // namespace

void set_interval(CurvePoint& point, double mean, double half) {
  point.mean = mean;
  point.low = std::clamp(mean - half, 0.0, 1.0);  // NaN stays NaN
  point.high = std::clamp(mean + half, 0.0, 1.0);
}

double curve_axis_start(const std::vector<CurvePoint>& curves) {
  constexpr double kStart = 0.2;
  const bool low = std::ranges::any_of(curves, [&](const CurvePoint& curve) {
    return in_layers(curve.weights) && curve.mean < kStart;
  });
  return low ? 0.0 : kStart;
}

FigureOptions curve_axes(const std::string& kind, const std::string& weights, int64_t dim) {
  std::string names;
  for (const std::string& name : split_names(weights)) {
    const size_t index = symbol_index(name);
    if (!names.empty()) names += ", ";
    names += index < kSymbols.size() ? kSymbols[index][1] : name;
  }
  FigureOptions figure;
  figure.title = fmt::format("{} of {} ({} dimensions)",
                             kind == "delta_output" ? "\u0394(outputs)" : "Inputs", names, dim);
  figure.x_label = "layer";
  figure.y_label = "average cosine similarity";
  figure.y_min = 0.0;
  figure.y_max = 1.0;
  figure.integer_x = true;
  return figure;
}

std::string curve_file_name(const std::string& kind, const std::string& weights) {
  std::string name = kind + "-" + weights;
  std::replace(name.begin(), name.end(), ',', '_');
  return name;
}

std::vector<CurveFigure> curve_figures(const std::vector<CurvePoint>& curves,
                                       const CurveFigureOptions& options) {
  CurveFigureOptions on_one_axis = options;
  if (!options.y_min) {
    on_one_axis.y_min =
        std::min(curve_axis_start(curves), curve_axis_start(options.published.points));
  }
  std::vector<CurveFigure> figures;
  for (const auto& [group, points] : group_curves(curves)) {
    figures.push_back({group.kind(), group.weights, curve_file_name(group.kind(), group.weights),
                       make_figure(group, points, on_one_axis)});
  }
  return figures;
}

std::vector<std::string> weights_without_figure(const std::vector<CurvePoint>& curves) {
  std::vector<std::string> names;
  for (const CurvePoint& curve : curves) {
    if (in_layers(curve.weights)) continue;
    if (std::ranges::count(names, curve.weights) == 0) names.push_back(curve.weights);
  }
  return names;
}

void write_curve_figures(const std::filesystem::path& folder,
                         const std::vector<CurveFigure>& figures,
                         const std::vector<FigureFormat>& formats) {
  make_folder(folder);
  if (!have_gnuplot()) {
    spdlog::warn("{}: no figures, gnuplot cannot be started (hint: apt install gnuplot)",
                 folder.string());
    return;
  }
  for (const CurveFigure& each : figures) {
    for (const FigureFormat format : formats)
      each.figure.write(folder / fmt::format("{}.{}", each.name, format));
  }
}

Table curves_table(const std::vector<CurvePoint>& curves) {
  using Key = std::tuple<std::string, int64_t, int64_t, std::string, int64_t>;
  std::set<int64_t> dims;
  std::map<Key, std::map<int64_t, double>> places;
  for (const CurvePoint& curve : curves) {
    dims.insert(curve.k);
    const std::string kind = curve.kind == "input" ? "input" : "\u0394output";
    places[{kind, curve.place, curve.layer, curve.weights, curve.dim}][curve.k] = curve.mean;
  }
  std::vector<std::string> header = {"kind", "place", "layer", "weights", "dim"};
  for (const int64_t k : dims) header.push_back("k=" + std::to_string(k));
  Table table(header, {Align::kLeft, Align::kRight, Align::kRight, Align::kLeft});
  for (const auto& [key, means] : places) {
    const auto& [kind, place, layer, weights, dim] = key;
    std::vector<std::string> cells = {kind, std::to_string(place), std::to_string(layer), weights,
                                      std::to_string(dim)};
    for (const int64_t k : dims) {
      const auto found = means.find(k);
      cells.push_back(found == means.end() ? "-" : fmt::format("{:.3f}", found->second));
    }
    table.add_row(std::move(cells));
  }
  return table;
}

}  // namespace eida

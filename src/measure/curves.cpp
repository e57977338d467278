// From measures to rank curves, and what can be checked before anything is measured.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "eida/measure/measure.h"

namespace eida {
namespace {

/// P(|T| <= t) for T of Student's distribution.
double probability_within(double t, int64_t degrees) {
  const double theta = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(theta), step = cosine * cosine;
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1.0, sum = degrees == 1 ? 0.0 : term;
  for (int64_t i = odd ? 3 : 2; i <= degrees - 2; i += 2) {
    term *= step * static_cast<double>(i - 1) / static_cast<double>(i);
    sum += term;
  }
  const double within = std::sin(theta) * sum;
  return odd ? 2.0 / std::numbers::pi * (theta + within) : within;
}

}  // namespace

double student_t(double level, int64_t degrees) {
  if (!(level > 0.0 && level < 1.0) || degrees < 1) {
    throw ConfigError(
        "Student's t: level {} and {} degrees, wanted a level between 0 and 1 and at least 1 "
        "degree",
        level, degrees);
  }
  double low = 0.0, high = 1.0;
  while (probability_within(high, degrees) < level && high < 1e15) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (probability_within(middle, degrees) < level ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

MeanInterval mean_interval(const std::vector<double>& values, double level) {
  if (values.empty()) throw ConfigError("interval of no values, wanted at least 1");
  const auto n = static_cast<double>(values.size());
  MeanInterval interval{std::accumulate(values.begin(), values.end(), 0.0) / n, std::nullopt,
                        static_cast<int64_t>(values.size())};
  if (values.size() == 1) return interval;
  double squares = 0.0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  interval.half = student_t(level, interval.repeats - 1) * std::sqrt(squares / (n - 1) / n);
  return interval;
}

std::optional<MeanInterval> over_repeats(
    const Repeats& repeats, PlaceId place,
    const std::function<std::optional<double>(const PlaceMeasure&)>& pick) {
  std::vector<double> values;
  for (const auto& repeat : repeats) {
    const auto value = pick(repeat[place]);
    if (value && std::isfinite(*value)) values.push_back(*value);
  }
  if (values.empty()) return std::nullopt;
  return mean_interval(values);
}

PerPlace<PlaceCurve> rank_curves(const Places& places, const std::vector<int64_t>& dims,
                                 const Repeats& repeats) {
  if (repeats.empty()) return {};
  PerPlace<PlaceCurve> curves(places.size());
  for (PlaceId place = 0; place < places.size(); ++place) {
    PlaceCurve& curve = curves[place];
    for (size_t i = 0; i < dims.size() && dims[i] <= places[place].dim; ++i) {
      const auto mean_at = [&](std::vector<double> (*list)(const PlaceMeasure&)) {
        const auto interval =
            over_repeats(repeats, place, [&](const PlaceMeasure& measure) -> std::optional<double> {
              const auto values = list(measure);
              return i < values.size() ? std::optional(values[i]) : std::nullopt;
            });
        return interval ? interval->mean : std::numeric_limits<double>::quiet_NaN();
      };
      curve.dims.push_back(dims[i]);
      curve.fidelity.push_back(mean_at([](const PlaceMeasure& m) { return m.fidelity.mean; }));
      curve.explained.push_back(mean_at([](const PlaceMeasure& m) { return m.explained; }));
    }
  }
  return curves;
}

void check_dims(const Places& places, const std::vector<int64_t>& dims) {
  for (const Place& site : places.sites()) {
    const int64_t narrowest = std::min(site.dim, places[site.input].dim);
    if (dims.back() <= narrowest) continue;
    throw ConfigError(
        "subspace.dims: {} is more than the {} dimensions of {} (hint: --dims with smaller "
        "numbers)",
        dims.back(), narrowest, site.name);
  }
  double bytes = 0;
  for (const Place& place : places) bytes += 4.0 * static_cast<double>(dims.back() * place.dim);
  require_memory(bytes,
                 fmt::format("subspace.dims: {} rows at {} places", dims.back(), places.size()),
                 "--dims with smaller numbers");
}

bool measures_ranks(const RankRuleOptions& rule) {
  return rule.rule != RankRule::kPlan && rule.rule != RankRule::kFixed;
}

void check_rank_rule(const RankRuleOptions& rule, const Places& places,
                     const std::vector<int64_t>& dims) {
  const Repeats unmeasured = {PerPlace<PlaceMeasure>(places.size())};
  choose_ranks(rule, places, rank_curves(places, dims, unmeasured));
}

}  // namespace eida

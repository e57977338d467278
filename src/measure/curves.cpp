// From measures to rank curves, and what can be checked before anything is measured.
#include <algorithm>
#include <cmath>
#include <limits>

#include "eida/core/error.h"
#include "eida/measure/measure.h"

namespace eida {

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

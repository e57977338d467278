#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "eida/measure/measure.h"

namespace eida {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Held-out fidelity at the plan's ranks, out of the curves that chose them.
PerPlace<double> fidelity_of_curves(const PerPlace<PlaceMeasure>& measures,
                                    const std::vector<int64_t>& dims, const RankPlan& plan) {
  PerPlace<double> values(measures.size(), kNaN);
  for (PlaceId place = 0; place < values.size(); ++place) {
    const auto& curve = measures[place].fidelity.mean;
    const auto found = std::find(dims.begin(), dims.end(), plan.ranks[place]);
    const auto at = static_cast<size_t>(found - dims.begin());
    if (at < curve.size()) values[place] = curve[at];
  }
  return values;
}

/// Ranks are known before anything is sampled: as many rows as the widest place needs.
MeasureOptions at_known_ranks(MeasureOptions options, const PerPlace<int64_t>& ranks) {
  options.inputs.k = options.outputs.k = *std::max_element(ranks.begin(), ranks.end());
  options.sample_all = false;
  return options;
}

void estimate_known_ranks(PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                          const MeasureOptions& options, RoundEstimate& round) {
  const Places& places = model.places();
  const PerPlace<int64_t>& ranks = round.plan.ranks;
  round.fidelity = PerPlace<double>(places.size(), 0.0);
  static_cast<PlaceEstimates&>(round) = estimate_places(
      model, examples, options,
      [&](PlaceId place, const PlaceStatistics& statistics, const Subspace& subspace) {
        round.fidelity[place] =
            fidelity(statistics.samples(), subspace, {ranks[place]}).mean.front();
      });
  // Each is known in one process and 0 in the others.
  options.processes->all_reduce(
      at::from_blob(round.fidelity.data(), {static_cast<int64_t>(places.size())}, at::kDouble));
  for (PlaceId place = 0; place < places.size(); ++place) {
    if (round.owners[place] < 0) round.fidelity[place] = kNaN;
  }
}

}  // namespace

void check_round(const PretrainedModel& model, const std::vector<const TokenExample*>& examples,
                 const std::vector<const TokenExample*>& heldout, const RankRuleOptions& rule,
                 const MeasureOptions& options) {
  if (measures_ranks(rule)) return check_sampling(model, examples, heldout, options);
  const RankPlan plan = choose_ranks(rule, model.places(), {});
  check_sampling(model, examples, {}, at_known_ranks(options, plan.ranks));
}

RoundEstimate estimate_round(PretrainedModel& model,
                             const std::vector<const TokenExample*>& examples,
                             const std::vector<const TokenExample*>& heldout,
                             const RankRuleOptions& rule, const MeasureOptions& options) {
  const Places& places = model.places();
  RoundEstimate round;
  if (!measures_ranks(rule)) {
    round.plan = choose_ranks(rule, places, {});
    estimate_known_ranks(model, examples, at_known_ranks(options, round.plan.ranks), round);
    return round;
  }
  Repeat repeat = measure_repeat(model, examples, heldout, options);
  repeat.sampling_seconds += repeat.heldout_seconds;
  round.plan = choose_ranks(rule, places, rank_curves(places, options.dims, {repeat.measures}));
  round.fidelity = fidelity_of_curves(repeat.measures, options.dims, round.plan);
  round.heldout = true;
  static_cast<PlaceEstimates&>(round) = std::move(repeat);
  return round;
}

}  // namespace eida

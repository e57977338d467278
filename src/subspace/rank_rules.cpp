#include <algorithm>
#include <functional>
#include <optional>

#include "eida/core/error.h"
#include "eida/subspace/rank_plan.h"

namespace eida {
namespace {

/// "At least" for differences of decimals: 0.93 - 0.90 is a little below 0.03 in binary.
constexpr double kTie = 1e-12;
constexpr double kEqualRate = 1e-9;  ///< relative: gains of equal decimals count as equal

struct Choice {
  int64_t k;
  std::string reason;
};

/// One place: its dimension, its curve, and its name for errors.
struct MeasuredPlace {
  int64_t dim;
  const PlaceCurve& curve;
  std::string name;
};

double fidelity_at(const MeasuredPlace& place, int64_t k) {
  const auto found = std::find(place.curve.dims.begin(), place.curve.dims.end(), k);
  if (found == place.curve.dims.end()) {
    throw ConfigError("rank rule: {} was not measured at k = {} (hint: add it to subspace.dims)",
                      place.name, k);
  }
  return place.curve.fidelity.at(found - place.curve.dims.begin());
}

Choice threshold(const RankRuleOptions& options, const MeasuredPlace& place) {
  const int64_t wide = std::min(options.wide, place.dim),
                narrow = std::min(options.narrow, place.dim);
  const double gain = fidelity_at(place, wide) - fidelity_at(place, narrow);
  const bool enough = gain >= options.margin - kTie;
  return {enough ? wide : narrow,
          fmt::format("fidelity at {} exceeds that at {} by {:.4f}, {} {}", wide, narrow, gain,
                      enough ? "at least" : "not", options.margin)};
}

Choice energy(const RankRuleOptions& options, const MeasuredPlace& place) {
  const PlaceCurve& curve = place.curve;
  if (curve.dims.empty()) throw ConfigError("rank rule: {} was not measured", place.name);
  for (size_t i = 0; i < curve.dims.size(); ++i) {
    if (curve.explained.at(i) >= options.energy - kTie) {
      return {curve.dims[i], fmt::format("{} dimensions explain {:.4f}, at least {}", curve.dims[i],
                                         curve.explained[i], options.energy)};
    }
  }
  return {curve.dims.back(),
          fmt::format("{} dimensions explain {:.4f}, less than {}, but no more were measured",
                      curve.dims.back(), curve.explained.back(), options.energy)};
}

void check_curves(const Places& places, const PerPlace<PlaceCurve>& curves) {
  if (curves.size() != places.size())
    throw ConfigError("rank rule: {} curves for {} places", curves.size(), places.size());
  for (const Place& place : places) {
    const PlaceCurve& curve = curves[places.id_of(place)];
    const bool sizes = curve.fidelity.size() == curve.dims.size() &&
                       (curve.explained.empty() || curve.explained.size() == curve.dims.size());
    if (!sizes || curve.dims.empty() || !std::is_sorted(curve.dims.begin(), curve.dims.end())) {
      throw ConfigError("rank rule: curve of {} {} needs ascending dims and one value each",
                        place.kind_name(), place.index);
    }
  }
}

using PlaceRule = std::function<Choice(const MeasuredPlace&)>;

/// A rule that looks at one place at a time.
RankPlan place_by_place(const Places& places, const PerPlace<PlaceCurve>& curves,
                        const PlaceRule& rule) {
  check_curves(places, curves);
  RankPlan plan{"", PerPlace<int64_t>(places.size()), PerPlace<std::string>(places.size())};
  for (PlaceId id = 0; id < places.size(); ++id) {
    const char* kind = places[id].is_site() ? "delta output" : "input";
    const Choice choice =
        rule({places[id].dim, curves[id], fmt::format("{} {}", kind, places[id].index)});
    plan.ranks[id] = choice.k;
    plan.reasons[id] = choice.reason;
  }
  return plan;
}

RankPlan fixed(const RankRuleOptions& options, const Places& places) {
  RankPlan plan{"", PerPlace<int64_t>(places.size()), {}};
  for (PlaceId id = 0; id < places.size(); ++id)
    plan.ranks[id] = std::min(options.fixed, places[id].dim);
  return plan;
}

/// The greedy search of kBudget.
class BudgetSearch {
 public:
  BudgetSearch(const Places& places, const PerPlace<PlaceCurve>& curves, int64_t budget)
      : places_(places), curves_(curves), steps_(places.size(), 0), ranks_(places.size()) {
    check_curves(places, curves);
    for (PlaceId place = 0; place < places.size(); ++place)
      ranks_[place] = curves[place].dims.front();
    left_ = budget - adapter_parameters(ranks_, places);
    if (left_ < 0) {
      throw ConfigError(
          "ranks.budget: {} parameters, but the smallest ranks measured need {} (hint: raise it, "
          "or add smaller subspace.dims)",
          budget, budget - left_);
    }
  }

  RankPlan run() {
    while (const auto move = best_move()) {
      left_ -= move->cost;
      ranks_[move->place] = curves_[move->place].dims[++steps_[move->place]];
    }
    return place_by_place(places_, curves_, [&](const MeasuredPlace& place) {
      const size_t step = steps_[static_cast<PlaceId>(&place.curve - &curves_[0])];
      return Choice{
          place.curve.dims[step],
          fmt::format("fidelity {:.4f} for its share of the budget", place.curve.fidelity[step])};
    });
  }

 private:
  struct Move {
    PlaceId place;
    int64_t cost;
    double rate;
  };

  /// Parameters that one more dimension of the place adds.
  int64_t cost_of_one(PlaceId place) const {
    if (places_[place].is_site()) return ranks_[places_[place].input];
    int64_t sum = 0;
    for (const PlaceId site : places_.sites_of(place)) sum += ranks_[site];
    return sum;
  }

  std::optional<Move> move_of(PlaceId place) const {
    const PlaceCurve& curve = curves_[place];
    const size_t now = steps_[place];
    if (now + 1 >= curve.dims.size()) return std::nullopt;
    const int64_t cost = (curve.dims[now + 1] - curve.dims[now]) * cost_of_one(place);
    const double gain = curve.fidelity[now + 1] - curve.fidelity[now];
    if (cost > left_ || !(gain > 0)) return std::nullopt;
    return Move{place, cost, gain / static_cast<double>(std::max<int64_t>(cost, 1))};
  }

  std::optional<Move> best_move() const {
    std::optional<Move> best;
    for (PlaceId place = 0; place < places_.size(); ++place) {
      const auto move = move_of(place);
      if (move && (!best || move->rate > best->rate * (1 + kEqualRate))) best = move;
    }
    return best;
  }

  const Places& places_;
  const PerPlace<PlaceCurve>& curves_;
  PerPlace<size_t> steps_;   ///< position in the place's dims
  PerPlace<int64_t> ranks_;  ///< what they are there
  int64_t left_ = 0;
};

}  // namespace

RankPlan choose_ranks(const RankRuleOptions& options, const Places& places,
                      const PerPlace<PlaceCurve>& curves) {
  const auto choose = [&]() -> RankPlan {
    switch (options.rule) {
      case RankRule::kPlan:
        return read_rank_plan(options.plan, places);
      case RankRule::kFixed:
        return fixed(options, places);
      case RankRule::kThreshold:
        return place_by_place(
            places, curves, [&](const MeasuredPlace& place) { return threshold(options, place); });
      case RankRule::kEnergy:
        return place_by_place(places, curves,
                              [&](const MeasuredPlace& place) { return energy(options, place); });
      case RankRule::kBudget:
        return BudgetSearch(places, curves, options.budget).run();
    }
    throw ConfigError("ranks.rule: no such rule");
  };
  RankPlan plan = choose();
  if (options.rule != RankRule::kPlan) plan.rule = to_string(options.rule);
  return plan;
}

}  // namespace eida

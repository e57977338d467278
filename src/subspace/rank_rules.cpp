#include "eida/subspace/rank_rules.h"

#include <algorithm>
#include <functional>
#include <optional>

#include "eida/core/error.h"

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
struct Place {
  int64_t dim;
  const PlaceCurve& curve;
  std::string name;
};

double fidelity_at(const Place& place, int64_t k) {
  const auto found = std::find(place.curve.dims.begin(), place.curve.dims.end(), k);
  if (found == place.curve.dims.end()) {
    throw ConfigError("rank rule: {} was not measured at k = {} (hint: add it to subspace.dims)",
                      place.name, k);
  }
  return place.curve.fidelity.at(found - place.curve.dims.begin());
}

Choice threshold(const RankRuleOptions& options, const Place& place) {
  const int64_t wide = std::min(options.wide, place.dim),
                narrow = std::min(options.narrow, place.dim);
  const double gain = fidelity_at(place, wide) - fidelity_at(place, narrow);
  const bool enough = gain >= options.margin - kTie;
  return {enough ? wide : narrow,
          fmt::format("fidelity at {} exceeds that at {} by {:.4f}, {} {}", wide, narrow, gain,
                      enough ? "at least" : "not", options.margin)};
}

Choice energy(const RankRuleOptions& options, const Place& place) {
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

void check_evidence(const RankEvidence& evidence) {
  const auto check = [](const std::vector<PlaceCurve>& curves, size_t places, const char* kind) {
    if (curves.size() != places)
      throw ConfigError("rank rule: {} curves for {} {}", curves.size(), places, kind);
    for (size_t i = 0; i < curves.size(); ++i) {
      const PlaceCurve& curve = curves[i];
      const bool sizes = curve.fidelity.size() == curve.dims.size() &&
                         (curve.explained.empty() || curve.explained.size() == curve.dims.size());
      if (!sizes || curve.dims.empty() || !std::is_sorted(curve.dims.begin(), curve.dims.end())) {
        throw ConfigError("rank rule: curve of {} {} needs ascending dims and one value each", kind,
                          i);
      }
    }
  };
  check(evidence.inputs, evidence.shape.inputs.size(), "inputs");
  check(evidence.delta_outputs, evidence.shape.delta_outputs.size(), "delta outputs");
}

using PlaceRule = std::function<Choice(const Place&)>;

/// A rule that looks at one place at a time.
RankPlan place_by_place(const RankEvidence& evidence, const PlaceRule& rule) {
  RankPlan plan;
  for (size_t i = 0; i < evidence.inputs.size(); ++i) {
    const Choice choice =
        rule({evidence.shape.inputs[i], evidence.inputs[i], fmt::format("input {}", i)});
    plan.inputs[i] = choice.k;
    plan.input_reasons[i] = choice.reason;
  }
  for (size_t i = 0; i < evidence.delta_outputs.size(); ++i) {
    const Choice choice = rule({evidence.shape.delta_outputs[i], evidence.delta_outputs[i],
                                fmt::format("delta output {}", i)});
    plan.delta_outputs[i] = choice.k;
    plan.output_reasons[i] = choice.reason;
  }
  return plan;
}

RankPlan fixed(const RankRuleOptions& options, const PlaceShape& shape) {
  RankPlan plan;
  for (size_t i = 0; i < shape.inputs.size(); ++i)
    plan.inputs[i] = std::min(options.fixed, shape.inputs[i]);
  for (size_t i = 0; i < shape.delta_outputs.size(); ++i) {
    plan.delta_outputs[i] = std::min(options.fixed, shape.delta_outputs[i]);
  }
  return plan;
}

/// The greedy search of kBudget.
class BudgetSearch {
 public:
  BudgetSearch(const RankEvidence& evidence, int64_t budget)
      : evidence_(evidence),
        steps_in_(evidence.inputs.size()),
        steps_out_(evidence.delta_outputs.size()) {
    left_ = budget - parameters();
    if (left_ < 0) {
      throw ConfigError(
          "ranks.budget: {} parameters, but the smallest ranks measured need {} (hint: raise it, "
          "or add "
          "smaller subspace.dims)",
          budget, budget - left_);
    }
  }

  RankPlan run() {
    while (const auto move = best_move()) {
      left_ -= move->cost;
      ++(move->is_input ? steps_in_ : steps_out_)[move->place];
    }
    return place_by_place_plan();
  }

 private:
  struct Move {
    bool is_input;
    size_t place;
    int64_t cost;
    double rate;
  };

  int64_t k_in(size_t input) const { return evidence_.inputs[input].dims[steps_in_[input]]; }
  int64_t k_out(size_t site) const { return evidence_.delta_outputs[site].dims[steps_out_[site]]; }

  int64_t parameters() const {
    int64_t sum = 0;
    const auto& sites = evidence_.shape.site_inputs;
    for (size_t site = 0; site < sites.size(); ++site) sum += k_in(sites[site]) * k_out(site);
    return sum;
  }

  /// Parameters that one more dimension of the place adds.
  int64_t cost_of_one(bool is_input, size_t place) const {
    const auto& sites = evidence_.shape.site_inputs;
    if (!is_input) return k_in(sites[place]);
    int64_t sum = 0;
    for (size_t site = 0; site < sites.size(); ++site) {
      if (static_cast<size_t>(sites[site]) == place) sum += k_out(site);
    }
    return sum;
  }

  std::optional<Move> move_of(bool is_input, size_t place) const {
    const PlaceCurve& curve = (is_input ? evidence_.inputs : evidence_.delta_outputs)[place];
    const size_t now = (is_input ? steps_in_ : steps_out_)[place];
    if (now + 1 >= curve.dims.size()) return std::nullopt;
    const int64_t cost = (curve.dims[now + 1] - curve.dims[now]) * cost_of_one(is_input, place);
    const double gain = curve.fidelity[now + 1] - curve.fidelity[now];
    if (cost > left_ || !(gain > 0)) return std::nullopt;
    return Move{is_input, place, cost, gain / static_cast<double>(std::max<int64_t>(cost, 1))};
  }

  std::optional<Move> best_move() const {
    std::optional<Move> best;
    const auto consider = [&](bool is_input, size_t places) {
      for (size_t place = 0; place < places; ++place) {
        const auto move = move_of(is_input, place);
        if (move && (!best || move->rate > best->rate * (1 + kEqualRate))) best = move;
      }
    };
    consider(true, steps_in_.size());
    consider(false, steps_out_.size());
    return best;
  }

  RankPlan place_by_place_plan() const {
    RankPlan plan;
    const auto reason = [](const PlaceCurve& curve, size_t step) {
      return fmt::format("fidelity {:.4f} for its share of the budget", curve.fidelity[step]);
    };
    for (size_t i = 0; i < steps_in_.size(); ++i) {
      plan.inputs[i] = k_in(i);
      plan.input_reasons[i] = reason(evidence_.inputs[i], steps_in_[i]);
    }
    for (size_t i = 0; i < steps_out_.size(); ++i) {
      plan.delta_outputs[i] = k_out(i);
      plan.output_reasons[i] = reason(evidence_.delta_outputs[i], steps_out_[i]);
    }
    return plan;
  }

  const RankEvidence& evidence_;
  std::vector<size_t> steps_in_, steps_out_;  ///< position in the place's dims
  int64_t left_ = 0;
};

RankPlan ranks_by(const RankRuleOptions& options, const RankEvidence& evidence) {
  switch (options.rule) {
    case RankRule::kPlan:
      return read_rank_plan(options.plan);
    case RankRule::kFixed:
      return fixed(options, evidence.shape);
    case RankRule::kThreshold:
      check_evidence(evidence);
      return place_by_place(evidence,
                            [&](const Place& place) { return threshold(options, place); });
    case RankRule::kEnergy:
      check_evidence(evidence);
      return place_by_place(evidence, [&](const Place& place) { return energy(options, place); });
    case RankRule::kBudget:
      check_evidence(evidence);
      return BudgetSearch(evidence, options.budget).run();
  }
  throw ConfigError("ranks.rule: no such rule");
}

}  // namespace

RankPlan choose_ranks(const RankRuleOptions& options, const RankEvidence& evidence) {
  RankPlan plan = ranks_by(options, evidence);
  const bool from_file = options.rule == RankRule::kPlan;
  if (!from_file) plan.rule = to_string(options.rule);
  check_rank_plan(plan, evidence.shape, from_file ? options.plan.string() : "rank plan");
  return plan;
}

}  // namespace eida

/// Rules that turn fidelity curves into a rank plan. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "eida/core/choices.h"
#include "eida/subspace/rank_plan.h"

namespace eida {

/// kThreshold: wide if fidelity(wide) - fidelity(narrow) >= margin, else narrow. kEnergy: the
/// smallest k of the curve that explains `energy`, else its largest. kBudget: see choose_ranks().
struct RankRuleOptions {
  RankRule rule = RankRule::kThreshold;
  int64_t wide = 64, narrow = 32, fixed = 64;  ///< cut to a place's dimension where that is smaller
  double margin = 0.03;
  double energy = 0.9;  ///< 0..1
  int64_t budget = 0;   ///< adapter parameters, all sites
  std::filesystem::path plan;
};

/// What was measured at one place. A NaN fidelity (no token to measure on) never asks for more
/// dimensions.
struct PlaceCurve {
  std::vector<int64_t> dims;      ///< ascending
  std::vector<double> fidelity;   ///< mean over repeats, one a k
  std::vector<double> explained;  ///< share of the second moment, one a k; for kEnergy
};

/// kBudget: every place starts at the first k of its curve and may move to the next. The move with
/// the largest gain in the place's own fidelity per adapter parameter it adds (over all sites the
/// place serves) is taken while it fits; moves that do not fit or gain nothing are passed over.
/// Equal gains: inputs first, then the lower index. \throws ConfigError when the curves lack a k
/// the rule needs or the budget is below the start, DataError on a bad plan file.
/// \param curves unused by kFixed and kPlan, and may be empty then
RankPlan choose_ranks(const RankRuleOptions& options, const Places& places,
                      const PerPlace<PlaceCurve>& curves);

}  // namespace eida

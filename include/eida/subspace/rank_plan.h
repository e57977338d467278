/// How many dimensions every place gets, and rules that choose it by fidelity curves. Needs no
/// LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/choices.h"
#include "eida/model/place.h"

namespace eida {

/// Rank of every place, k_in of an input space and k_out of a site, and why.
struct RankPlan {
  std::string rule;               ///< what made it: threshold, fixed, energy, budget
  PerPlace<int64_t> ranks;        ///< each from 1 to the place's dimension
  PerPlace<std::string> reasons;  ///< one line each; empty: there are none

  /// {"rule": …, "inputs": {"0": 64, …}, "delta_outputs": {…}, "reasons": {"inputs": {…},
  /// "delta_outputs": {…}}}; "reasons" only where there are any. Read back, it gives the same plan.
  std::string to_json(const Places& places) const;
};

/// \param text JSON as to_json writes it, "reasons" optional. \param source names it in errors.
/// \throws DataError on broken JSON, unknown, missing or repeated keys, indices or ranks that are
/// no whole numbers, and unless every place of the model, and no other, has a rank from 1 to its
/// dimension.
RankPlan parse_rank_plan(std::string_view text, const std::string& source, const Places& places);
/// \throws DataError, also when it cannot be read
RankPlan read_rank_plan(const std::filesystem::path& file, const Places& places);

/// Entries of all B: the sum over sites of k_in k_out.
int64_t adapter_parameters(const PerPlace<int64_t>& ranks, const Places& places);

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

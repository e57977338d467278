/// How many dimensions every place gets. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

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
int64_t adapter_parameters(const RankPlan& plan, const Places& places);

}  // namespace eida

/// How many dimensions every place gets. Needs no LibTorch.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// What a plan must fit: the places of a model, in the order of docs/method.md, "Places".
struct PlaceShape {
  std::vector<int64_t> inputs;         ///< d_in of every input space
  std::vector<int64_t> delta_outputs;  ///< d_out of every site
  std::vector<int64_t> site_inputs;    ///< the input space of every site
};

/// Rank of every input space (k_in) and site (k_out), by index, and why.
struct RankPlan {
  std::string rule;  ///< what made it: threshold, fixed, energy, budget
  std::map<int64_t, int64_t> inputs, delta_outputs;  ///< index -> k
  std::map<int64_t, std::string> input_reasons,
      output_reasons;  ///< index -> one line; may be empty

  /// {"rule": …, "inputs": {"0": 64, …}, "delta_outputs": {…}, "reasons": {"inputs": {…},
  /// "delta_outputs": {…}}}; "reasons" only where there are any. Read back, it gives the same plan.
  std::string to_json() const;
};

/// \param text JSON as to_json writes it, "reasons" optional. \param source names it in errors.
/// \throws DataError on broken JSON, unknown, missing or repeated keys, and indices or ranks that
/// are no whole numbers.
RankPlan parse_rank_plan(std::string_view text, const std::string& source);
RankPlan read_rank_plan(
    const std::filesystem::path& file);  ///< \throws DataError, also when it cannot be read

/// \throws DataError unless every place of the model, and no other, has a rank from 1 to its
/// dimension.
void check_rank_plan(const RankPlan& plan, const PlaceShape& shape, const std::string& source);

/// Entries of all B: the sum over sites of k_in k_out. \param plan fits the shape.
int64_t adapter_parameters(const RankPlan& plan, const PlaceShape& shape);

}  // namespace eida

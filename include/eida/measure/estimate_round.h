/// A and C of one round: sample on the current model, estimate subspaces, choose ranks.
#pragma once

#include <vector>

#include "eida/measure/measure.h"

namespace eida {

struct RoundEstimate {
  PerPlace<Subspace> subspaces;  ///< as many rows as the plan says, or more
  RankPlan plan;
  PerPlace<double> fidelity;        ///< mean cosine at the chosen rank; NaN: not measured
  bool heldout = false;             ///< fidelity is that of fresh vectors, not of the samples
  double sampling_seconds = 0.0;    ///< with what the rank rule measures on held-out examples
  double estimation_seconds = 0.0;  ///< PCA, and fidelity of known ranks
};

/// The same in every process. \param heldout to choose ranks by; unused where the rule knows them.
/// \throws NumericError, ConfigError as choose_ranks()
RoundEstimate estimate_round(PretrainedModel& model,
                             const std::vector<const TokenExample*>& examples,
                             const std::vector<const TokenExample*>& heldout,
                             const RankRuleOptions& rule, const MeasureOptions& options);

}  // namespace eida

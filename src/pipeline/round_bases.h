// A and C of one round: sample on the current model, estimate subspaces, choose ranks.
#pragma once

#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/config/config.h"
#include "eida/data/dataset.h"
#include "eida/data/tokenize.h"
#include "eida/parallel/communicator.h"
#include "eida/subspace/rank_plan.h"

namespace eida {

struct RoundEstimate {
  RoundBases bases;
  RankPlan plan;
  /// Mean cosine at the chosen rank, one a place (input spaces, then sites); NaN: not measured.
  std::vector<double> fidelity;
  bool heldout = false;             ///< fidelity is that of fresh vectors, not of the samples
  double sampling_seconds = 0.0;    ///< with what the rank rule measures on held-out examples
  double estimation_seconds = 0.0;  ///< PCA, and fidelity of known ranks
};

/// The same in every process. \param round from 1; each round draws its own examples and tokens.
/// \throws DataError fewer examples than the round asks for, NumericError
RoundEstimate estimate_round(PretrainedModel& model, const Dataset& train,
                             const ExampleTokenizer& tokenizer, const std::vector<int64_t>& sites,
                             const Config& config, int64_t round,
                             const Communicator& processes = Communicator::single());

}  // namespace eida

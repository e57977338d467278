/// How the subspace of a place is found. Each estimator is a file of src/subspace/estimators/ and a
/// line of eida/core/estimators.inc.
#pragma once

#include "eida/core/rng.h"
#include "eida/subspace/moment_view.h"

namespace eida {

/// What has to be collected at a place. The layer's outputs, gradients at them and pairs of vectors
/// with gradients are not collected: an estimator of these brings its need along, and what collects
/// it.
enum class Needs {
  kNothing,  ///< the place's dimension and name are enough
  kMoments,  ///< mean and second moment of the place's vectors
};

class Estimator {
 public:
  virtual ~Estimator() = default;
  virtual Needs needs() const { return Needs::kMoments; }
  /// \param view of the samples; where rows are those of what the mean leaves over, that is what
  /// is left in it. \param rng of the place's own stream.
  /// \return at most k rows in float64; estimate_subspace() completes them
  virtual Subspace find(MomentView& view, int64_t k, Rng& rng) const = 0;
};

const Estimator& estimator_of(EstimatorKind kind);

}  // namespace eida

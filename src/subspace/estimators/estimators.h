/// How the subspace of a place is found. Each estimator is a file of this folder and a line of
/// eida/core/estimators.inc.
#pragma once

#include "eida/core/rng.h"
#include "eida/subspace/moment_view.h"

/// In a file of this folder: estimator `name` of eida/core/estimators.inc is a `Class`.
#define EIDA_REGISTER_ESTIMATOR(name, Class) \
  const Estimator& name##_estimator() {      \
    static const Class estimator;            \
    return estimator;                        \
  }

namespace eida {

class Estimator {
 public:
  virtual ~Estimator() = default;
  /// Mean and second moment of the place's vectors; else its dimension and name are enough.
  virtual bool needs_samples() const { return true; }
  /// \param view of the samples; an estimator that removes the mean or its direction leaves it so.
  /// \param rng of the place's own stream.
  /// \return at most k rows in float64; estimate_subspace() completes them
  virtual Subspace find(MomentView& view, int64_t k, Rng& rng) const = 0;
};

#define EIDA_ESTIMATOR(name, help) const Estimator& name##_estimator();
#include "eida/core/estimators.inc"

/// Row 0 the mean's direction, unless the mean is negligible; behind it the rows that `rest` finds.
class MeanFirst : public Estimator {
 public:
  Subspace find(MomentView& view, int64_t k, Rng& rng) const override;

 private:
  /// At most k rows of what the mean's direction leaves. \param found [r, d] to be orthogonal to
  virtual LeadingRows rest(const MomentView& left, const at::Tensor& found, int64_t k,
                           Rng& rng) const {
    return left.leading(k);
  }
};

}  // namespace eida

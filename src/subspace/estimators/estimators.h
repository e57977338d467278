/// Every estimator, as its file defines it, and what some of them share.
#pragma once

#include "eida/subspace/estimator.h"

namespace eida {

#define EIDA_ESTIMATOR(name, help) const Estimator& name##_estimator();
#include "eida/core/estimators.inc"
#undef EIDA_ESTIMATOR

/// Row 0 the mean's direction, unless the mean is negligible; behind it the rows that `rest` finds.
class MeanFirst : public Estimator {
 public:
  Subspace find(Spread& spread, int64_t k, Rng& rng) const override;

 protected:
  /// At most k rows of the spread, from which the mean's direction is taken. \param found [r, d]
  /// rows to stay clear of.
  virtual EnergyRows rest(const Spread& spread, const at::Tensor& found, int64_t k,
                          Rng& rng) const {
    return spread.leading(k);
  }
};

}  // namespace eida

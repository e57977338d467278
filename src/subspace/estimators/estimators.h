/// Every estimator, as its file defines it, and what two of them share.
#pragma once

#include "eida/subspace/estimator.h"

/// In a file of this folder: estimator `name` of eida/core/estimators.inc is a `Class`.
#define EIDA_REGISTER_ESTIMATOR(name, Class) \
  const Estimator& name##_estimator() {      \
    static const Class estimator;            \
    return estimator;                        \
  }

namespace eida {

#define EIDA_ESTIMATOR(name, help) const Estimator& name##_estimator();
#include "eida/core/estimators.inc"
#undef EIDA_ESTIMATOR

/// Row 0 the mean's direction, unless the mean is negligible; behind it the rows that `rest` finds.
class MeanFirst : public Estimator {
 public:
  Subspace find(MomentView& view, int64_t k, Rng& rng) const override;

 private:
  /// At most k rows of what the mean's direction leaves. \param found [r, d] to stay clear of
  virtual LeadingRows rest(const MomentView& left, const at::Tensor& found, int64_t k,
                           Rng& rng) const {
    return left.leading(k);
  }
};

}  // namespace eida

#include "estimators.h"

namespace eida {
namespace {

class Centred : public Estimator {
  Subspace find(MomentView& view, int64_t k, Rng& rng) const override {
    view.remove_mean();
    return uncentred_estimator().find(view, k, rng);
  }
};

}  // namespace

EIDA_REGISTER_ESTIMATOR(centred, Centred)

}  // namespace eida

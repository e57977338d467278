#include "estimators.h"

namespace eida {
namespace {

class Centred : public Estimator {
  Subspace find(Spread& spread, int64_t k, Rng& rng) const override {
    spread.remove_mean();
    return uncentred_estimator().find(spread, k, rng);
  }
};

}  // namespace

EIDA_REGISTER_ESTIMATOR(centred, Centred)

}  // namespace eida

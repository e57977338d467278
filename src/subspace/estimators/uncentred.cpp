#include "../orthonormal.h"
#include "estimators.h"

namespace eida {
namespace {

class Uncentred : public Estimator {
  Subspace find(Spread& spread, int64_t k, Rng&) const override {
    const EnergyRows found = spread.leading(k);
    return {orthonormalise_rows(with_fixed_signs(found.rows)), found.energy, spread.total_now()};
  }
};

}  // namespace

EIDA_REGISTER_ESTIMATOR(uncentred, Uncentred)

}  // namespace eida

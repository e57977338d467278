#include "../orthonormal.h"
#include "estimators.h"

namespace eida {
namespace {

class Uncentred : public Estimator {
  Subspace find(MomentView& view, int64_t k, Rng&) const override {
    const LeadingRows found = view.leading(k);
    return {orthonormalise_rows(with_fixed_signs(found.rows)), found.energy, view.total_now()};
  }
};

}  // namespace

EIDA_REGISTER_ESTIMATOR(uncentred, Uncentred)

}  // namespace eida

#include <ATen/ops/empty.h>
#include <ATen/ops/linalg_qr.h>

#include "estimators.h"

namespace eida {
namespace {

/// Rows in a direction drawn uniformly.
class Random : public Estimator {
  bool needs_samples() const override { return false; }
  Subspace find(MomentView& view, int64_t k, Rng& rng) const override {
    at::Tensor normal = at::empty({view.dim(), k}, at::kDouble);
    double* out = normal.mutable_data_ptr<double>();
    for (int64_t i = 0; i < normal.numel(); ++i) out[i] = rng.normal();
    const at::Tensor rows = std::get<0>(at::linalg_qr(normal)).t();  // [k, d]
    return {rows, view.energy_along(rows), view.total()};
  }
};

}  // namespace

EIDA_REGISTER_ESTIMATOR(random, Random)

}  // namespace eida

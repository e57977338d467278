#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include "../orthonormal.h"
#include "estimators.h"

namespace eida {

Subspace MeanFirst::find(MomentView& view, int64_t k, Rng& rng) const {
  Subspace subspace{at::zeros({0, view.dim()}, at::kDouble), at::zeros({0}, at::kDouble),
                    view.total(), !view.mean_is_negligible()};
  at::Tensor &rows = subspace.basis, &energy = subspace.energy;
  if (subspace.mean_in_row0) {
    rows = (view.mean() / view.mean().norm()).unsqueeze(0);
    energy = view.energy_along(rows);
    view.remove_direction(rows[0]);
  }
  const int64_t wanted = k - rows.size(0);
  if (wanted > 0) {
    const LeadingRows more = rest(view, rows, wanted, rng);
    rows = orthonormalise_rows(at::cat({rows, with_fixed_signs(more.rows)}));
    energy = at::cat({energy, more.energy});
  }
  return subspace;
}

EIDA_REGISTER_ESTIMATOR(mean_first, MeanFirst)

}  // namespace eida

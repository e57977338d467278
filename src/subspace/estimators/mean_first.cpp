#include <ATen/ops/cat.h>
#include <ATen/ops/zeros.h>

#include "../orthonormal.h"
#include "estimators.h"

namespace eida {

Subspace MeanFirst::find(Spread& spread, int64_t k, Rng& rng) const {
  Subspace subspace{at::zeros({0, spread.dim()}, at::kDouble), at::zeros({0}, at::kDouble),
                    spread.total(), !spread.mean_is_negligible()};
  at::Tensor &rows = subspace.basis, &energy = subspace.energy;
  if (subspace.mean_in_row0) {
    rows = (spread.mean() / spread.mean().norm()).unsqueeze(0);
    energy = spread.energy_along(rows);
    spread.remove_direction(rows[0]);
  }
  const int64_t wanted = k - rows.size(0);
  if (wanted > 0) {
    const EnergyRows more = rest(spread, rows, wanted, rng);
    rows = orthonormalise_rows(at::cat({rows, with_fixed_signs(more.rows)}));
    energy = at::cat({energy, more.energy});
  }
  return subspace;
}

EIDA_REGISTER_ESTIMATOR(mean_first, MeanFirst)

}  // namespace eida

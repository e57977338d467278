/// The reference's way to eigenvectors, kept for comparison.
#pragma once

#include <cstdint>

#include "eida/core/rng.h"
#include "spread.h"

namespace eida {

/// Power iteration with deflation: seeded normal starts, at least 32 iterations, until
/// ||S r - (r.S r) r|| < 1e-3 (r.S r). Stops early where no second moment is left.
/// Differs from the reference: float64, and at most 20,000 iterations a direction (it has no
/// limit). Source: github.com/Sunghae-Cho/EIDA, method.md section 4. \param spread already without
/// the mean direction. \param found [r, d] orthonormal rows to stay clear of.
EnergyRows power_iteration(const Spread& spread, const at::Tensor& found, int64_t k, Rng& rng);

}  // namespace eida

/// The projector builder: where samples of one place concentrate.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/rng.h"

namespace eida {

/// How a subspace is found. docs/method.md, "Estimators".
enum class Estimator { kMeanFirst, kCentred, kUncentred, kPowerIteration, kRandom };

/// Names as in the configuration: mean_first, centred, uncentred, power_iteration, random.
std::string_view to_string(Estimator estimator);
Estimator estimator_from_string(std::string_view name);  ///< \throws ConfigError with the choices

/// k orthonormal rows. Rows 0..j-1 are the j-dimensional estimate. Compare projectors, never rows.
struct Subspace {
  at::Tensor basis;   // [k, d] float32
  at::Tensor energy;  // [k] float64: second moment (per sample) along each row
  bool mean_in_row0 = false;  ///< mean_first: false where the mean is negligible and row 0 is an eigenvector
  Subspace first(int64_t j) const;  ///< j <= k rows
};

struct EstimateOptions {
  Estimator estimator = Estimator::kMeanFirst;
  int64_t k = 64;
  uint64_t seed = 0;  ///< power_iteration and random draw from it
};

/// \param samples [n, d], n >= 1. \throws NumericError on NaN or infinity, with the place's name.
/// n < k, equal samples, zero samples: the basis is completed to k orthonormal rows with energy 0.
Subspace estimate_subspace(const at::Tensor& samples, const EstimateOptions& options, const std::string& place = "");

/// All places at once, in parallel; same result as one by one.
std::vector<Subspace> estimate_subspaces(const std::vector<at::Tensor>& samples, const EstimateOptions& options);

/// ||P_a - P_b||_F / sqrt(2 max(k_a, k_b)): 0 = equal, 1 = orthogonal.
double projector_distance(const at::Tensor& basis_a, const at::Tensor& basis_b);

}  // namespace eida

/// The projector builder: where samples of one place concentrate.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "eida/core/choices.h"

namespace eida {

/// What a subspace may miss because a sketch was kept in place of all samples, where S is the sum
/// of x x^T and B the sketch. docs/method.md, "Estimators".
struct SketchBound {
  int64_t rows = 0;          ///< of the sketch; 0: there was none, nothing is missed
  double error = 0.0;        ///< ||S - B^T B|| over the largest eigenvalue of B^T B, at most
  double energy_lost = 0.0;  ///< share of tr S that B lacks, 0..1
  /// Share of the total energy that the rows keep less than the same estimator's of all samples,
  /// and that the sum of their energies may be too small, at most, 0..1.
  double energy_missed = 0.0;
  /// Sine of the largest angle to the subspace of all samples, at most; 1: nothing is known.
  double largest_sine = 0.0;

  /// Calls visit(name, member) for each number, in the order and by the names of files.
  template <typename Visit>
  static void each_number(const Visit& visit) {
    visit("rows", &SketchBound::rows);
    visit("error", &SketchBound::error);
    visit("energy_lost", &SketchBound::energy_lost);
    visit("energy_missed", &SketchBound::energy_missed);
    visit("largest_sine", &SketchBound::largest_sine);
  }
};

/// k orthonormal rows. Rows 0..j-1 are the j-dimensional estimate. Compare projectors, never rows.
struct Subspace {
  at::Tensor basis;   // [k, d] float32
  at::Tensor energy;  // [k] float64: second moment per sample along each row; completed rows: 0
  /// Second moment of a whole sample, E||x||^2 (centred: of a centred one); energy.sum() <=
  /// total_energy.
  double total_energy = 0.0;
  /// mean_first, power_iteration: false where the mean is negligible and row 0 is an eigenvector.
  bool mean_in_row0 = false;
  SketchBound sketch = {};  ///< of all k rows
  /// What an adapter multiplies each row by, > 0; undefined: nothing. Fidelity, capture, angles and
  /// energies are those of the orthonormal rows. // [k] float64
  at::Tensor scale = {};

  /// The first j rows, with what does not depend on j of a sketch's bound. \throws ConfigError
  /// unless 1 <= j <= k.
  Subspace first(int64_t j) const;
  /// diag(scale) basis: the A or C of an adapter. // [k, d] float32
  at::Tensor scaled_basis() const;
};

struct EstimateOptions {
  EstimatorKind estimator = EstimatorKind::mean_first;
  int64_t k = 64;
  uint64_t seed = 0;  ///< power_iteration and random draw from it, one stream a place's name
};

/// Row 0 of mean_first is the mean's direction with the mean's sign, unless ||mean|| < 1e-6 of the
/// samples' root mean square; eigenvector rows have their largest-magnitude entry positive.
/// Directions whose second moment is below 1e-14 of the total (float32 samples carry nothing there)
/// count as empty: they are filled by a fixed completion, with energy 0. So n < k, equal samples
/// and zero samples all give k orthonormal rows. The result does not depend on the number of
/// threads. \param samples [n, d], any floating-point type. \param place names the place in errors.
/// \throws NumericError on NaN or infinity, DataError when n = 0, ConfigError unless 1 <= k <= d.
Subspace estimate_subspace(const at::Tensor& samples, const EstimateOptions& options,
                           const std::string& place = "");

/// Whether the estimator looks at samples.
bool needs_samples(EstimatorKind kind);

/// Subspace of min(k, d) rows of a place that was not sampled. \throws ConfigError where the
/// estimator needs samples
Subspace estimate_unsampled(int64_t d, const EstimateOptions& options, const std::string& place);

/// ||P_a - P_b||_F / sqrt(2 max(k_a, k_b)): 0 = equal, 1 = orthogonal of equal size.
/// \param basis_a [k_a, d], \param basis_b [k_b, d] linearly independent rows.
double projector_distance(const at::Tensor& basis_a, const at::Tensor& basis_b);

/// Angles between two subspaces in radians, ascending, 0..pi/2; exact for small angles too.
/// Source: Bjorck and Golub (1973), cosines and sines both. \return [min(k_a, k_b)] float64
at::Tensor principal_angles(const at::Tensor& basis_a, const at::Tensor& basis_b);

/// How two subspaces lie to one another.
struct SubspaceRelation {
  double mean_degrees = 0.0, largest_degrees = 0.0;  ///< principal angles, 0 to 90
  /// Mean squared cosine of the angles; of equal size k: trace(P_a P_b) / k, 1 equal, 0 orthogonal,
  /// k / d by chance.
  double overlap = 0.0;
  double distance() const;  ///< projector_distance() of subspaces of equal size
};

/// \param basis_a [k_a, d], \param basis_b [k_b, d] linearly independent rows.
SubspaceRelation relate(const at::Tensor& basis_a, const at::Tensor& basis_b);

}  // namespace eida

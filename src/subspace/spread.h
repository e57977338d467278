/// The samples of one place as an estimator sees them: rows or second moment, whichever is smaller,
/// or the second moment of a sketch.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "eida/subspace/moment_sketch.h"
#include "eida/subspace/second_moments.h"

namespace eida {

/// \param first number of the first row among the place's samples. \throws NumericError naming the
/// place, row and coordinate of the first value that is not finite.
void check_finite(const at::Tensor& samples, const std::string& place, int64_t first = 0);

/// Hands samples that are to be added to sums called `what` of `before` samples to `work`: on the
/// CPU, in float64, 1,024 rows at most at a time. \param samples [n, dim] \throws ConfigError
/// another shape, NumericError as check_finite(), both before the first call
void each_chunk(const at::Tensor& samples, int64_t dim, int64_t before, const char* what,
                const std::string& place, const std::function<void(const at::Tensor& chunk)>& work);

/// Orthonormal rows with their second moment per sample, descending.
struct EnergyRows {
  at::Tensor rows;    // [r, d] float64
  at::Tensor energy;  // [r] float64
};

class Spread {
 public:
  /// \param samples [n, d], n >= 1, finite.
  static Spread of_samples(const at::Tensor& samples, const std::string& place);
  static Spread of_moments(const SecondMoments& moments);
  /// \param sketch of at least one sample. Mean and total are exact, the rest is the sketch's.
  static Spread of_sketch(const MomentSketch& sketch);

  int64_t dim() const { return mean_.size(0); }
  const at::Tensor& mean() const { return mean_; }  // [d] float64, of the samples as given
  double total() const { return total_; }           ///< E||x||^2 of the samples as given
  double total_now() const;                         ///< the same after what was removed
  bool mean_is_negligible() const;                  ///< ||mean|| < 1e-6 of the root mean square

  void remove_mean();                                  ///< x - mean
  void remove_direction(const at::Tensor& direction);  ///< x - (x . direction) direction; unit [d]

  /// The at most k leading eigenvectors of the second moment, without empty directions.
  EnergyRows leading(int64_t k) const;
  double squared_norm() const;                  ///< squared Frobenius norm of the second moment
  at::Tensor apply(const at::Tensor& v) const;  ///< second moment times v; [d]
  at::Tensor energy_along(const at::Tensor& rows) const;  ///< [k, d] -> [k]
  bool empty_energy(double energy) const { return !(energy > kEmpty * total_); }

 private:
  static constexpr double kEmpty = 1e-14;  ///< of the total: float32 samples carry nothing below
  Spread() = default;
  at::Tensor inner_products() const;               ///< rows_ rows_^T per sample; [n, n]
  at::Tensor in_frame(const at::Tensor& v) const;  ///< [k, d] or [d] -> what moment_ multiplies
  at::Tensor mean_;
  double total_ = 0.0;
  double count_ = 0.0;
  at::Tensor rows_;    // [n, d] float64, or undefined
  at::Tensor moment_;  // [d, d] float64 per sample, or undefined; with frame_ [q, q]
  at::Tensor frame_;   // [q, d] orthonormal rows whose coordinates moment_ has; undefined: the axes
  double outside_ = 0.0;  ///< of total_, what moment_ does not hold
};

}  // namespace eida

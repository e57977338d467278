/// The samples of one place as an estimator sees them: rows or second moment, whichever is smaller,
/// or the second moment of a sketch.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "eida/subspace/subspace.h"

namespace eida {

/// \param first number of the first row among the place's samples. \throws NumericError naming the
/// place, row and coordinate of the first value that is not finite.
void check_finite(const at::Tensor& samples, const std::string& place, int64_t first = 0);

/// Orthonormal rows with their second moment per sample, descending.
struct LeadingRows {
  at::Tensor rows;    // [r, d] float64
  at::Tensor energy;  // [r] float64
};

class MomentSketch;
class SecondMoments;

class MomentView {
 public:
  /// \param samples [n, d], any floating-point type; n = 0: their mean and second moment are 0.
  /// \throws NumericError on NaN or infinity, naming the place
  static MomentView of_samples(const at::Tensor& samples, const std::string& place = "");
  static MomentView of_moments(const SecondMoments& moments);
  /// Mean and total are exact, the rest is the sketch's.
  static MomentView of_sketch(const MomentSketch& sketch);
  MomentView(MomentView&&) = default;
  MomentView& operator=(MomentView&&) = default;

  int64_t dim() const { return mean_.size(0); }
  int64_t samples() const { return samples_; }      ///< their number
  const at::Tensor& mean() const { return mean_; }  // [d] float64, of the samples as given
  double total() const { return total_; }           ///< E||x||^2 of the samples as given
  double total_now() const;                         ///< the same of what the removals left
  bool mean_is_negligible() const;                  ///< ||mean|| < 1e-6 of the root mean square

  void remove_mean();                                  ///< x - mean
  void remove_direction(const at::Tensor& direction);  ///< x - (x . direction) direction; unit [d]

  /// The at most k leading eigenvectors of the second moment, without empty directions.
  LeadingRows leading(int64_t k) const;
  double squared_norm() const;                  ///< squared Frobenius norm of the second moment
  at::Tensor apply(const at::Tensor& v) const;  ///< second moment times v; [d]
  at::Tensor energy_along(const at::Tensor& rows) const;  ///< [k, d] -> [k]
  bool empty_energy(double energy) const { return !(energy > kEmpty * total_); }

  /// What a sketch misses, named as in MomentSketch; 0 without a sketch.
  struct Lack {
    int64_t rows = 0;  ///< l
    double trace = 0.0, lost = 0.0, shrunk = 0.0;
  };
  const Lack& lack() const { return lack_; }

 private:
  static constexpr double kEmpty = 1e-14;  ///< of the total: float32 samples carry nothing below
  MomentView(at::Tensor mean, int64_t samples);
  at::Tensor inner_products() const;               ///< rows_ rows_^T per sample; [n, n]
  at::Tensor in_frame(const at::Tensor& v) const;  ///< [k, d] or [d] -> what moment_ multiplies
  at::Tensor mean_;
  double total_ = 0.0;
  int64_t samples_ = 0;
  double count_ = 1.0;  ///< the same, and 1 where there are none
  at::Tensor rows_;     // [n, d] float64, or undefined
  at::Tensor moment_;   // [d, d] float64 per sample, or undefined; with frame_ [q, q]
  at::Tensor frame_;  // [q, d] orthonormal rows whose coordinates moment_ has; undefined: the axes
  double outside_ = 0.0;  ///< of total_, what moment_ does not hold
  Lack lack_;
};

/// As estimate_subspace() of samples does, from a view of them.
Subspace estimate_subspace(MomentView view, const EstimateOptions& options,
                           const std::string& place = "");

}  // namespace eida

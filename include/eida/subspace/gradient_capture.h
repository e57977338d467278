/// How much of the weight gradient a pair of subspaces captures.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace eida {

/// Sums over logical batches of one site; add them over passes, divide at the end.
struct GradientCapture {
  std::vector<double> captured;  ///< sum of ||C_k G A_k^T||^2, one a k
  double total = 0.0;            ///< sum of ||G||^2
  int64_t batches = 0;

  /// captured / total, one a k, each 0..1; 0 where no gradient was seen.
  std::vector<double> shares() const;
  void merge(const GradientCapture& other);  ///< \throws ConfigError when the k differ in number
};

/// Adds one logical batch with gradient G = delta^T x [d_out, d_in], which is never formed: ||G||^2
/// is the sum of (x x^T) o (delta delta^T), or comes from blocks of rows of G where that is
/// cheaper. \param x [t, d_in], \param delta [t, d_out] of any floating-point type; computed in
/// float32, summed in float64. \param A [k_in, d_in], \param C [k_out, d_out] orthonormal rows; at
/// k the first k rows of each, all where it has fewer. \throws NumericError when a sum is not
/// finite, ConfigError on shapes and dims. docs/method.md, "Fidelity".
void add_gradient(const at::Tensor& x, const at::Tensor& delta, const at::Tensor& A,
                  const at::Tensor& C, const std::vector<int64_t>& dims, GradientCapture& capture);

/// ||delta^T x||^2, float64. \param x [t, d_in], \param delta [t, d_out].
double squared_gradient_norm(const at::Tensor& x, const at::Tensor& delta);

}  // namespace eida

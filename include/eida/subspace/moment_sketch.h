/// Second moments of wide places, in memory that grows with d and not with d^2.
#pragma once

#include <algorithm>

#include "eida/parallel/communicator.h"
#include "eida/subspace/subspace.h"

namespace eida {

/// n, the sum of x and the sum of ||x||^2, exact in float64, and few rows B that stand for
/// S = sum of x x^T. With s = shrunk(), as quadratic forms and to float64's rounding of S,
///
///     B^T B <= S <= B^T B + s I,     s <= (sum of the eigenvalues of S behind k) / (l/2 + 1 - k)
///
/// for every k <= l/2, so S of rank l or less is kept whole. Deterministic: no draw, and no chance
/// that the bound fails. Samples gather behind the l rows; at 2 l rows all are replaced by their l
/// leading principal rows, of which the second half loses the (l + 1)-th squared length, and that
/// is what s grows by. Holds 16 l d bytes.
///
/// Source: Frequent Directions, Liberty (2013), Ghashami et al. (2016); leaving leading rows as
/// they are: Desai, Ghashami and Phillips (2016), here alpha = 1/2. Plain Frequent Directions
/// shortens all l rows, so that each energy falls by about s, for a bound that is hardly smaller.
class MomentSketch {
 public:
  /// l that serves subspaces of k rows.
  static int64_t rows_for(int64_t k) { return std::max<int64_t>(256, 4 * k); }
  static double bytes(int64_t dim, int64_t rows) {  ///< held
    return 16 * static_cast<double>(rows) * static_cast<double>(dim);
  }

  /// \param rows l. \throws ConfigError unless dim >= 1 and rows >= 2
  MomentSketch(int64_t dim, int64_t rows);

  /// \param samples [n, d], n >= 0, any floating-point type. How they are cut into calls changes
  /// no bit of B, and the sums by rounding only. \throws NumericError on NaN or infinity, naming
  /// `place`; nothing is added then.
  void add(const at::Tensor& samples, const std::string& place = "");
  /// Those of all processes, in their order, on process `to`, which holds 16 l d bytes more for a
  /// moment; elsewhere undefined then. The bounds add up.
  void reduce(const Communicator& processes, int to);
  void merge(const MomentSketch& other);  ///< \throws ConfigError when dimensions or l differ

  int64_t dim() const { return sum_.size(0); }
  int64_t count() const { return count_; }
  int64_t most_rows() const { return buffer_.size(0) / 2; }          ///< l
  const at::Tensor& sum() const { return sum_; }                     // [d] float64
  double trace() const { return trace_; }                            ///< of S
  at::Tensor rows() const { return buffer_.narrow(0, 0, filled_); }  ///< B; [r, d] float64, r < 2 l
  double shrunk() const { return shrunk_; }                          ///< s
  double lost() const;                                               ///< tr S - tr B^T B, >= 0

 private:
  void append(const at::Tensor& rows);
  void shrink();

  int64_t count_ = 0;
  at::Tensor sum_;
  double trace_ = 0.0, shrunk_ = 0.0;
  at::Tensor buffer_;  // [2 l, d] float64
  int64_t filled_ = 0;
};

/// The subspace of what the sketch keeps, with Subspace::sketch saying what it may miss. Energies
/// are those of the sketch, at most shrunk() / n below those of all samples; the mean and
/// total_energy are exact. Errors as estimate_subspace() of samples.
Subspace estimate_subspace(const MomentSketch& sketch, const EstimateOptions& options,
                           const std::string& place = "");

}  // namespace eida

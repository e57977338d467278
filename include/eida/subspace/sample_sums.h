/// Sums kept instead of samples, of any number: enough to estimate a subspace.
#pragma once

#include <algorithm>

#include "eida/parallel/communicator.h"
#include "eida/subspace/moment_view.h"

namespace eida {

/// The number of samples and the sum of x, exact in float64, and what stands for S = sum of x x^T.
class SampleSums {
 public:
  virtual ~SampleSums() = default;

  /// \param samples [n, d], n >= 0, any floating-point type. How they are cut into calls changes
  /// rounding only. \throws NumericError on NaN or infinity, naming `place`; nothing is added then.
  void add(const at::Tensor& samples, const std::string& place = "");
  /// Adds up all processes on process `to`; undefined elsewhere afterwards.
  virtual void reduce(const Communicator& processes, int to);
  virtual MomentView view() const = 0;
  virtual double trace() const = 0;  ///< of S

  int64_t dim() const { return sum_.size(0); }
  int64_t count() const { return count_; }
  const at::Tensor& sum() const { return sum_; }  // [d] float64

 protected:
  /// \param what they are, in errors. \throws ConfigError unless dim >= 1
  SampleSums(int64_t dim, const char* what);
  virtual void add_chunk(const at::Tensor& chunk) = 0;  // [c, d] float64, c <= 1,024

 private:
  const char* what_;
  int64_t count_ = 0;
  at::Tensor sum_;
};

/// S itself. Holds 8 d^2 bytes (75 MB at d = 3072).
class SecondMoments : public SampleSums {
 public:
  explicit SecondMoments(int64_t dim);

  void reduce(const Communicator& processes, int to) override;
  MomentView view() const override { return MomentView::of_moments(*this); }
  double trace() const override;
  const at::Tensor& product() const { return product_; }  // S; [d, d] float64

 private:
  void add_chunk(const at::Tensor& chunk) override;

  at::Tensor product_;
};

/// Second moments of wide places, in memory that grows with d and not with d^2: few rows B and an
/// exact tr S. With s = shrunk(), as quadratic forms and to float64's rounding of S,
///
///     B^T B <= S <= B^T B + s I,     s <= (sum of the eigenvalues of S behind k) / (l/2 + 1 - k)
///
/// for every k <= l/2, so S of rank l or less is kept whole. Deterministic: no draw, and no chance
/// that the bound fails. Samples gather behind the l rows; at 2 l rows all are replaced by their l
/// leading principal rows, of which the second half loses the (l + 1)-th squared length, and that
/// is what s grows by. Holds 16 l d bytes. How samples are cut into calls changes no bit of B.
///
/// Source: Frequent Directions, Liberty (2013), Ghashami et al. (2016); leaving leading rows as
/// they are: Desai, Ghashami and Phillips (2016), here alpha = 1/2. Plain Frequent Directions
/// shortens all l rows, so that each energy falls by about s, for a bound that is hardly smaller.
class MomentSketch : public SampleSums {
 public:
  /// l that serves subspaces of k rows.
  static int64_t rows_for(int64_t k) { return std::max<int64_t>(256, 4 * k); }
  static double bytes(int64_t dim, int64_t rows) {  ///< held
    return 16 * static_cast<double>(rows) * static_cast<double>(dim);
  }

  /// \param rows l. \throws ConfigError unless dim >= 1 and rows >= 2
  MomentSketch(int64_t dim, int64_t rows);

  /// In the order of the processes; `to` holds 16 l d bytes more for a moment. The bounds add up.
  void reduce(const Communicator& processes, int to) override;
  MomentView view() const override { return MomentView::of_sketch(*this); }
  double trace() const override { return trace_; }

  int64_t most_rows() const { return buffer_.size(0) / 2; }          ///< l
  at::Tensor rows() const { return buffer_.narrow(0, 0, filled_); }  ///< B; [r, d] float64, r < 2 l
  double shrunk() const { return shrunk_; }                          ///< s
  double lost() const;                                               ///< tr S - tr B^T B, >= 0

 private:
  void add_chunk(const at::Tensor& chunk) override;
  void append(const at::Tensor& rows);
  void shrink();

  double trace_ = 0.0, shrunk_ = 0.0;
  at::Tensor buffer_;  // [2 l, d] float64
  int64_t filled_ = 0;
};

}  // namespace eida

/// What is enough to estimate a subspace without keeping the samples.
#pragma once

#include "eida/parallel/communicator.h"
#include "eida/subspace/subspace.h"

namespace eida {

/// n, the sum of x and the sum of x x^T, in float64. Holds 8 d^2 bytes (75 MB at d = 3072),
/// whatever n.
class SecondMoments {
 public:
  explicit SecondMoments(int64_t dim);  ///< \throws ConfigError unless dim >= 1

  /// \param samples [n, d], n >= 0, any floating-point type. How they are cut into calls changes
  /// rounding only. \throws NumericError on NaN or infinity, naming `place`; nothing is added then.
  void add(const at::Tensor& samples, const std::string& place = "");
  /// Those of all processes, on process `to`; elsewhere undefined then.
  void reduce(const Communicator& processes, int to);
  void merge(const SecondMoments& other);  ///< \throws ConfigError when dimensions differ

  int64_t dim() const { return sum_.size(0); }
  int64_t count() const { return count_; }
  const at::Tensor& sum() const { return sum_; }          // [d] float64
  const at::Tensor& product() const { return product_; }  // [d, d] float64

 private:
  int64_t count_ = 0;
  at::Tensor sum_, product_;
};

/// The same subspace as from the samples themselves, to rounding. Errors as there.
Subspace estimate_subspace(const SecondMoments& moments, const EstimateOptions& options,
                           const std::string& place = "");

}  // namespace eida

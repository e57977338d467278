/// How much of a token or a gradient subspaces keep, and how the tokens of one place are spread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eida/parallel/communicator.h"
#include "eida/subspace/moment_view.h"
#include "eida/subspace/subspace.h"

namespace eida {

/// Mean cosine of tokens and their projections, at several k.
struct FidelityCurve {
  std::vector<double> mean;  ///< one a k, each 0..1, not falling with k; NaN when `tokens` is 0
  int64_t tokens = 0;        ///< vectors that count
  int64_t zero_vectors = 0;  ///< vectors left out: a zero vector has no direction

  void merge(const FidelityCurve& other);  ///< adds other vectors, at the same k
};

/// Mean over tokens x of ||P_k x|| / ||x||, P_k onto the first k rows. One product serves all k.
/// \param heldout [n, d] tokens the subspace has not seen. \param dims each 1..rows of the basis.
/// \throws NumericError on NaN or infinity, ConfigError on shapes and dims that do not fit.
FidelityCurve fidelity(const at::Tensor& heldout, const Subspace& subspace,
                       const std::vector<int64_t>& dims, const std::string& place = "");

/// Fidelity of what the mean does not explain: the direction of the training mean m is taken out of
/// the tokens (of x and of x - mean alike, r = x - (x.m) m) and out of the basis, whose rows are
/// made orthonormal again in order. With mean_first this is the fidelity of r under rows 1..k-1; at
/// k = 1 it is 0. \param training_mean [d] mean of the samples the subspace was estimated from;
/// zero: nothing is taken out.
FidelityCurve centred_fidelity(const at::Tensor& heldout, const Subspace& subspace,
                               const at::Tensor& training_mean, const std::vector<int64_t>& dims,
                               const std::string& place = "");

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

/// Share of the second moment that the first k rows explain, one a k, 0..1; 0 where all samples
/// were zero. \throws ConfigError on dims that do not fit.
std::vector<double> explained_energy(const Subspace& subspace, const std::vector<int64_t>& dims);

/// How much one direction explains.
struct MeanShare {
  double energy = 0.0;  ///< ||mean||^2 / E||x||^2 of the samples, 0..1
  double cosine = 0.0;  ///< mean |cos(x, direction)| over vectors that are not zero, 0..1
};

/// \param samples [n, d], n >= 1. \param direction [d], not zero: row 0 of the basis.
/// \throws NumericError on NaN or infinity, ConfigError on shapes.
MeanShare mean_share(const at::Tensor& samples, const at::Tensor& direction,
                     const std::string& place = "");

/// (sum of lambda)^2 / (sum of lambda^2), lambda the eigenvalues of the covariance: 1 for a line, d
/// for a ball; 0 when all samples are equal. No eigenvalue is computed: trace^2 / Frobenius norm^2.
/// Of a sketch the trace is exact, the Frobenius norm too small by at most sqrt(shrunk() lost()) /
/// n.
double participation_ratio(MomentView view);

/// Mean cosine over ALL pairs of different tokens, -1..1: what the mean over random pairs
/// estimates, without a draw. NaN with fewer than two vectors that are not zero. Source: Ethayarajh
/// (2019), section 4.1 ("anisotropy"); sum of pairs = (||sum of x/||x|| ||^2 - n) / 2.
double mean_pair_cosine(const at::Tensor& samples, const std::string& place = "");

/// mean_pair_cosine() of samples that come in parts.
class DirectionSum {
 public:
  /// \param samples [n, d]. Errors as mean_pair_cosine().
  void add(const at::Tensor& samples, const std::string& place = "");
  /// Adds up all processes on process `to`; undefined elsewhere afterwards. \param dim of a sample
  void reduce(const Communicator& processes, int to, int64_t dim);
  double mean_pair_cosine() const;

 private:
  at::Tensor sum_;  // [d] float64, of x / ||x||
  int64_t vectors_ = 0;
};

}  // namespace eida

#include "orthonormal.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>

namespace eida {
namespace {

constexpr int64_t kSmall = 128;  ///< up to here the float64 decomposition is as fast
constexpr int64_t kGuard =
    16;  ///< vectors refined beyond the k asked for, so that the gap is not that of k
constexpr int kSteps = 3;           ///< correction steps before giving up on float32
constexpr double kLeastGap = 1e-7;  ///< below it float32 eigenvalues cannot be told apart
constexpr double kMiss = 1e-7;      ///< what a vector may miss of the true eigenspace
constexpr double kFloor = 1e-14;    ///< residual, relative to the trace, that float64 itself leaves

/// The k largest of an ascending decomposition. Vectors are kept as contiguous rows: products of
/// tall columns are several times slower here.
Eigenpairs largest(const at::Tensor& values, const at::Tensor& columns, int64_t k) {
  const int64_t m = values.size(0);
  return {values.narrow(0, m - k, k).flip(0).contiguous(),
          columns.t().narrow(0, m - k, k).flip(0).contiguous()};
}

Eigenpairs exact(const at::Tensor& S, int64_t k) {
  const auto [values, columns] = at::linalg_eigh(S);
  return largest(values, columns, k);
}

/// Approximate eigenpairs and what they miss.
struct RitzPairs {
  Eigenpairs pairs;
  at::Tensor residual;  // [p, m]: v S - theta v
};

/// The best eigenpairs in the span of the block. \param block [p, m] independent rows.
RitzPairs rayleigh_ritz(const at::Tensor& S, const at::Tensor& block) {
  const at::Tensor V = orthonormalise_rows(block);  // [p, m]
  const at::Tensor VS = at::mm(V, S);
  const Eigenpairs inner = exact(at::mm(VS, V.t()), V.size(0));
  const at::Tensor vectors = at::mm(inner.vectors, V);
  const at::Tensor residual = at::mm(inner.vectors, VS) - vectors * inner.values.unsqueeze(1);
  return {{inner.values, vectors}, residual};
}

/// Whether the first k vectors miss less than kMiss: residual over distance to the spectrum left
/// out.
bool converged(const RitzPairs& ritz, int64_t k, double next_value) {
  const at::Tensor residual =
      at::linalg_vector_norm(ritz.residual, 2, at::IntArrayRef{1}).narrow(0, 0, k);
  const at::Tensor gap = ritz.pairs.values.narrow(0, 0, k) - next_value;
  return residual.le((gap * kMiss).clamp_min_(kFloor)).all().item<bool>();
}

}  // namespace

/// Cholesky QR; a second pass where the rows were far from orthonormal and the first left rounding.
at::Tensor orthonormalise_rows(const at::Tensor& rows) {
  constexpr int kPasses = 3;
  constexpr double kNear = 1e-3;  // from here one pass ends at float64's rounding
  const at::Tensor unit = at::eye(rows.size(0), rows.options());
  at::Tensor Q = rows;  // [k, d]
  for (int pass = 0; pass < kPasses && Q.size(0) > 0; ++pass) {
    const at::Tensor gram = at::mm(Q, Q.t());
    Q = at::linalg_solve_triangular(at::linalg_cholesky(gram), Q, /*upper=*/false).contiguous();
    if ((gram - unit).abs().max().item<double>() < kNear) break;
  }
  return Q;
}

at::Tensor complete_rows(const at::Tensor& rows, int64_t k) {
  const int64_t have = rows.size(0);
  if (have >= k) return rows;
  at::Tensor all = at::cat({rows, rows.new_zeros({k - have, rows.size(1)})});  // [k, d]
  at::Tensor inside = all.square().sum(0);  // [d]: axis' squared share in the span
  for (int64_t i = have; i < k; ++i) {
    const at::Tensor known = all.narrow(0, 0, i);
    at::Tensor row = rows.new_zeros({rows.size(1)});
    row[inside.argmin().item<int64_t>()] = 1.0;
    for (int pass = 0; pass < 2; ++pass) row -= at::mv(known.t(), at::mv(known, row));
    row /= row.norm();
    all[i].copy_(row);
    inside += row.square();
  }
  return all;
}

at::Tensor with_fixed_signs(const at::Tensor& rows) {
  if (rows.size(0) == 0) return rows;
  const at::Tensor largest = rows.gather(1, rows.abs().argmax(1, /*keepdim=*/true));  // [k, 1]
  return rows * largest.sign();
}

void add_symmetric_product(const at::Tensor& X, at::Tensor out) {
  constexpr int64_t kLeaf = 128;  // smaller products lose more in speed than they save
  const int64_t m = X.size(0);
  if (m <= kLeaf) {
    out.addmm_(X, X.t());
    return;
  }
  const int64_t half = m / 2, rest = m - half;
  const at::Tensor top = X.narrow(0, 0, half), bottom = X.narrow(0, half, rest);
  add_symmetric_product(top, out.narrow(0, 0, half).narrow(1, 0, half));
  add_symmetric_product(bottom, out.narrow(0, half, rest).narrow(1, half, rest));
  at::Tensor below = out.narrow(0, half, rest).narrow(1, 0, half);
  below.addmm_(bottom, top.t());
  out.narrow(0, 0, half).narrow(1, half, rest).copy_(below.t());
}

/// Float32 decomposition, then first-order perturbation theory in float64: an eigenvector v of the
/// block lacks sum_j u_j (u_j . residual) / (theta - lambda_j) over the float32 eigenvectors u_j
/// left out. What is missed falls from about 1e-4 to 1e-8 in one step, where subspace iteration
/// would gain a factor lambda_{p+1} / lambda_k only; inside the block the Rayleigh-Ritz step is
/// exact. Source: the same correction for all vectors at once is Ogita and Aishima (2018),
/// Algorithm 1.
Eigenpairs leading_eigenpairs(const at::Tensor& S, int64_t k) {
  const int64_t m = S.size(0),
                p = (k + kGuard + 15) / 16 * 16;  // whole vector registers multiply faster
  const double trace = S.trace().item<double>();
  if (m <= kSmall || 2 * p > m || !(trace > 0)) return exact(S, k);

  const at::Tensor S1 = S / trace;  // float32 must neither overflow nor underflow
  const auto [values, columns] = at::linalg_eigh(S1.to(at::kFloat));
  const at::Tensor left_out = columns.t().narrow(0, 0, m - p);  // [m - p, m]
  const at::Tensor left_values = values.narrow(0, 0, m - p);    // [m - p]
  RitzPairs ritz{largest(values.to(at::kDouble), columns.to(at::kDouble), p), {}};
  ritz.residual =
      at::mm(ritz.pairs.vectors, S1) - ritz.pairs.vectors * ritz.pairs.values.unsqueeze(1);
  for (int step = 0; step < kSteps; ++step) {
    const at::Tensor gaps =
        ritz.pairs.values.to(at::kFloat).unsqueeze(1) - left_values;                // [p, m - p]
    const at::Tensor overlap = at::mm(ritz.residual.to(at::kFloat), left_out.t());  // [p, m - p]
    const at::Tensor lacking = (overlap / gaps.clamp_min(kLeastGap)).clamp_(-0.1, 0.1);
    ritz = rayleigh_ritz(S1, ritz.pairs.vectors + at::mm(lacking, left_out));
    if (converged(ritz, k, left_values[m - p - 1].item<double>())) {
      return {ritz.pairs.values.narrow(0, 0, k) * trace, ritz.pairs.vectors.narrow(0, 0, k)};
    }
  }
  return exact(S, k);  // a flat spectrum around k: only the full decomposition sorts it out
}

}  // namespace eida

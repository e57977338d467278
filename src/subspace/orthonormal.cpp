#include "orthonormal.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_cholesky.h>
#include <ATen/ops/linalg_solve_triangular.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>

namespace eida {

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

}  // namespace eida

/// Samples with known spectra, and exact answers.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/mv.h>

#include "eida/core/rng.h"

namespace eida::testing {

inline at::Tensor normal(int64_t rows, int64_t columns, uint64_t seed) {  // [rows, columns] float64
  Rng rng(seed, "test-samples");
  at::Tensor out = at::empty({rows, columns}, at::kDouble);
  for (int64_t i = 0; i < rows * columns; ++i) out.mutable_data_ptr<double>()[i] = rng.normal();
  return out;
}

/// n samples in R^d, singular values j^-decay in random directions, around a mean of length `mean`.
inline at::Tensor decaying(int64_t n, int64_t d, double decay, uint64_t seed,
                           double mean = 2.0) {  // [n, d] float32
  const int64_t r = std::min(n, d);
  const at::Tensor spectrum = at::arange(1, r + 1, at::kDouble).pow(-decay);
  const at::Tensor rows = std::get<0>(at::linalg_qr(normal(d, r, seed))).t();
  const at::Tensor m = normal(1, d, seed + 1);
  return (at::mm(normal(n, r, seed + 2) * spectrum, rows) + m * (mean / m.norm())).to(at::kFloat);
}

/// The k leading eigenvectors of X^T X by a float64 decomposition of the d x d matrix. // [k, d]
inline at::Tensor exact_leading(const at::Tensor& X, int64_t k) {
  const at::Tensor vectors = std::get<1>(at::linalg_eigh(at::mm(X.t(), X)));
  return vectors.narrow(1, X.size(1) - k, k).flip(1).t();
}

/// mean_first, exactly as docs/method.md, "Estimators", says. // [k, d] float64
inline at::Tensor exact_mean_first(const at::Tensor& samples, int64_t k) {
  const at::Tensor X = samples.to(at::kDouble), mean = X.mean(0);
  const at::Tensor m = mean / mean.norm();
  if (k == 1) return m.unsqueeze(0);
  return at::cat({m.unsqueeze(0), exact_leading(X - at::mv(X, m).outer(m), k - 1)});
}

/// Largest departure of B B^T from the identity.
inline double departure(const at::Tensor& basis) {
  const at::Tensor B = basis.to(at::kDouble);
  return (at::mm(B, B.t()) - at::eye(B.size(0), B.options())).abs().max().item<double>();
}

}  // namespace eida::testing

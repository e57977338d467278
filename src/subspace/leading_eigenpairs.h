/// The few largest eigenvalues of a positive semidefinite matrix, faster than all of them in
/// float64.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace eida {

struct Eigenpairs {
  at::Tensor values;   // [k] float64, descending
  at::Tensor vectors;  // [k, m] float64, orthonormal rows
};

/// \param S [m, m] float64, symmetric positive semidefinite, finite. \param k 1..m.
/// Equal to a float64 eigendecomposition: what an eigenvector misses lies below 1e-7, float32's
/// rounding.
Eigenpairs leading_eigenpairs(const at::Tensor& S, int64_t k);

}  // namespace eida

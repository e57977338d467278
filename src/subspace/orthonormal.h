/// Orthonormal rows: makes them, completes them, fixes their signs; leading eigenvectors. All in
/// float64.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

namespace eida {

/// Gram-Schmidt in order, so that the first j rows keep their span for every j. Cheap where the
/// rows already are nearly orthonormal. \param rows [k, d] float64, linearly independent, of
/// comparable length.
at::Tensor orthonormalise_rows(const at::Tensor& rows);

/// Appends rows until there are k: each is the coordinate axis farthest from the span so far, made
/// orthogonal to it. \param rows [r, d] float64 orthonormal, r <= k <= d. \return [k, d]
at::Tensor complete_rows(const at::Tensor& rows, int64_t k);

/// Flips rows so that the entry of largest magnitude is positive.
at::Tensor with_fixed_signs(const at::Tensor& rows);

/// out += X X^T with 5/8 of the multiplications: blocks above the diagonal are mirrored, not
/// computed. \param X [m, c], \param out [m, m], both of one type.
void add_symmetric_product(const at::Tensor& X, at::Tensor out);

struct Eigenpairs {
  at::Tensor values;   // [k] float64, descending
  at::Tensor vectors;  // [k, m] float64, orthonormal rows
};

/// The k largest, faster than all of them. \param S [m, m] float64, symmetric positive
/// semidefinite, finite. \param k 1..m. Equal to a float64 eigendecomposition: what an eigenvector
/// misses lies below 1e-7, float32's rounding.
Eigenpairs leading_eigenpairs(const at::Tensor& S, int64_t k);

}  // namespace eida

#include <ATen/TensorOperators.h>
#include <ATen/ops/atan2.h>
#include <ATen/ops/linalg_qr.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "eida/core/error.h"
#include "eida/subspace/subspace.h"

namespace eida {
namespace {

/// Orthonormal columns of the same span in float64: float32 rows are orthonormal to 1e-7 only.
at::Tensor columns(const at::Tensor& basis) {  // [k, d] -> [d, k]
  return std::get<0>(at::linalg_qr(basis.detach().to(at::kCPU, at::kDouble).t()));
}

void check_pair(const at::Tensor& a, const at::Tensor& b) {
  const bool matrices = a.dim() == 2 && b.dim() == 2 && a.size(0) > 0 && b.size(0) > 0;
  if (!matrices || a.size(1) != b.size(1) || a.size(0) > a.size(1) || b.size(0) > b.size(1)) {
    throw ConfigError("subspaces of shapes [{}] and [{}], wanted [k, d] with one d and k <= d",
                      fmt::join(a.sizes(), ", "), fmt::join(b.sizes(), ", "));
  }
}

}  // namespace

double projector_distance(const at::Tensor& basis_a, const at::Tensor& basis_b) {
  check_pair(basis_a, basis_b);
  const at::Tensor A = columns(basis_a), B = columns(basis_b);
  const at::Tensor M = at::mm(A.t(), B);  // [k_a, k_b]
  // ||P_a - P_b||^2 = what A has outside B + what B has outside A; k_a + k_b - 2||M||^2 would
  // cancel.
  const double outside_b = (A - at::mm(B, M.t())).norm().item<double>();
  const double outside_a = (B - at::mm(A, M)).norm().item<double>();
  const double larger = static_cast<double>(std::max(A.size(1), B.size(1)));
  return std::hypot(outside_a, outside_b) / std::sqrt(2.0 * larger);
}

at::Tensor principal_angles(const at::Tensor& basis_a, const at::Tensor& basis_b) {
  check_pair(basis_a, basis_b);
  at::Tensor A = columns(basis_a), B = columns(basis_b);
  if (A.size(1) > B.size(1)) std::swap(A, B);
  const at::Tensor M = at::mm(B.t(), A);  // [k_b, k_a]
  const at::Tensor cosines = at::linalg_svdvals(M);
  const at::Tensor sines = at::linalg_svdvals(A - at::mm(B, M)).flip(0);
  return at::atan2(sines, cosines);
}

double SubspaceRelation::distance() const { return std::sqrt(std::max(0.0, 1.0 - overlap)); }

SubspaceRelation relate(const at::Tensor& basis_a, const at::Tensor& basis_b) {
  const at::Tensor angles = principal_angles(basis_a, basis_b);
  constexpr double kDegrees = 180.0 / std::numbers::pi;
  return {angles.mean().item<double>() * kDegrees, angles[-1].item<double>() * kDegrees,
          angles.cos().square().mean().item<double>()};
}

}  // namespace eida

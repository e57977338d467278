#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "eida/core/error.h"
#include "eida/subspace/subspace.h"
#include "subspace/spectra.h"

namespace eida {
namespace {

using testing::normal;

/// The plane of R^4 at angles a and b from the plane of the first two axes.
at::Tensor turned_plane(double a, double b) {
  at::Tensor plane = at::zeros({2, 4}, at::kDouble);
  plane[0][0] = std::cos(a);
  plane[0][2] = std::sin(a);
  plane[1][1] = std::cos(b);
  plane[1][3] = std::sin(b);
  return plane;
}

TEST(PrincipalAngles, AreThoseOfATurnedPlane) {
  for (const auto& [a, b] : {std::pair{1e-9, 0.3}, {0.5, 1.2}, {0.0, std::numbers::pi / 2}}) {
    const at::Tensor angles = principal_angles(turned_plane(0, 0), turned_plane(a, b));
    EXPECT_NEAR(angles[0].item<double>(), a, 1e-15);
    EXPECT_NEAR(angles[1].item<double>(), b, 1e-14);
  }
}

TEST(PrincipalAngles, ASubspaceWithinALargerOneIsAtZero) {
  const at::Tensor rows = normal(5, 9, 1);
  const at::Tensor inside = at::mm(normal(2, 5, 2), rows);
  const at::Tensor angles = principal_angles(rows, inside);
  EXPECT_EQ(angles.size(0), 2);
  EXPECT_LT(angles.max().item<double>(), 1e-12);
}

TEST(Relate, SumsTheAnglesUp) {
  const at::Tensor a = turned_plane(0, 0), b = turned_plane(0.5, 1.2);
  const SubspaceRelation relation = relate(a, b);
  constexpr double kDegrees = 180.0 / std::numbers::pi;
  EXPECT_NEAR(relation.mean_degrees, 0.85 * kDegrees, 1e-12);
  EXPECT_NEAR(relation.largest_degrees, 1.2 * kDegrees, 1e-12);
  EXPECT_NEAR(relation.overlap, (std::pow(std::cos(0.5), 2) + std::pow(std::cos(1.2), 2)) / 2,
              1e-14);
  EXPECT_NEAR(relation.distance(), projector_distance(a, b), 1e-14);
}

TEST(ProjectorDistance, EqualsTheProjectorsNorm) {
  const at::Tensor a = std::get<0>(at::linalg_qr(normal(9, 4, 3))).t(),
                   b = std::get<0>(at::linalg_qr(normal(9, 2, 4))).t();
  const double norm = (at::mm(a.t(), a) - at::mm(b.t(), b)).norm().item<double>();
  EXPECT_NEAR(projector_distance(a, b), norm / std::sqrt(8.0), 1e-12);
}

TEST(ProjectorDistance, IsZeroForTheSameSpanAndOneForOrthogonalOnes) {
  const at::Tensor rows = normal(3, 9, 5);
  EXPECT_LT(projector_distance(rows, at::mm(normal(3, 3, 6), rows)), 1e-13);
  EXPECT_NEAR(projector_distance(at::eye(6).narrow(0, 0, 3), at::eye(6).narrow(0, 3, 3)), 1.0,
              1e-15);
}

TEST(ProjectorDistance, ShapesThatDoNotFitAreErrors) {
  EXPECT_THROW(projector_distance(normal(2, 5, 1), normal(2, 6, 1)), ConfigError);
  EXPECT_THROW(principal_angles(normal(2, 5, 1), normal(2, 5, 1)[0]), ConfigError);
}

}  // namespace
}  // namespace eida

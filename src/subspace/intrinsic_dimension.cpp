#include "eida/subspace/intrinsic_dimension.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <vector>

#include "eida/core/error.h"
#include "eida/subspace/moment_view.h"

namespace eida {
namespace {

/// Squared distances; 0 where float32 cannot tell the points apart. // [n, n]
Eigen::MatrixXd squared_distances(const at::Tensor& points) {
  constexpr double kEqual = 1e-13;
  const at::Tensor x = points - points.mean(0);  // shorter vectors: less cancellation below
  const at::Tensor products = at::mm(x, x.t()).contiguous();  // by LibTorch's BLAS
  const Eigen::Map<const Eigen::MatrixXd> G(products.const_data_ptr<double>(), x.size(0),
                                            x.size(0));
  const Eigen::VectorXd norms = G.diagonal();
  const Eigen::MatrixXd sums =
      norms.replicate(1, G.cols()) + norms.transpose().replicate(G.rows(), 1);
  const Eigen::MatrixXd squares = sums - 2.0 * G;
  return (squares.array() > kEqual * sums.array()).select(squares, 0.0);
}

/// Numbers of the points that no earlier point equals.
std::vector<Eigen::Index> different_points(const Eigen::MatrixXd& squares) {
  std::vector<Eigen::Index> kept;
  for (Eigen::Index i = 0; i < squares.rows(); ++i) {
    const auto equal = [&](Eigen::Index j) { return squares(i, j) == 0.0; };
    if (std::none_of(kept.begin(), kept.end(), equal)) kept.push_back(i);
  }
  return kept;
}

/// Log of the distances to the `count` nearest neighbours, ascending. // [points, count]
Eigen::MatrixXd log_neighbour_distances(const Eigen::MatrixXd& squares,
                                        const std::vector<Eigen::Index>& kept, Eigen::Index count) {
  Eigen::MatrixXd logs(kept.size(), count);
  std::vector<double> row;
  for (size_t i = 0; i < kept.size(); ++i) {
    row.clear();
    for (const Eigen::Index j : kept) {
      if (j != kept[i]) row.push_back(squares(kept[i], j));
    }
    std::partial_sort(row.begin(), row.begin() + count, row.end());
    for (Eigen::Index c = 0; c < count; ++c)
      logs(static_cast<Eigen::Index>(i), c) = 0.5 * std::log(row[c]);
  }
  return logs;
}

double two_nn(const Eigen::MatrixXd& logs) {
  constexpr double kKept = 0.9;
  Eigen::VectorXd ratios = logs.col(1) - logs.col(0);
  std::sort(ratios.begin(), ratios.end());
  const auto n = static_cast<double>(ratios.size());
  const auto kept = static_cast<Eigen::Index>(std::max(1.0, std::floor(kKept * n)));
  const Eigen::VectorXd x = ratios.head(kept);
  const Eigen::VectorXd below =
      Eigen::VectorXd::LinSpaced(kept, 1.0, static_cast<double>(kept)) / n;
  const Eigen::VectorXd y = -(1.0 - below.array()).log();
  return x.dot(y) / x.squaredNorm();
}

double maximum_likelihood(const Eigen::MatrixXd& logs) {
  const Eigen::Index others = logs.cols() - 1;
  const double mean = (logs.rightCols(1).replicate(1, others) - logs.leftCols(others)).mean();
  return 1.0 / mean;
}

std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

}  // namespace

IntrinsicDimension intrinsic_dimension(const at::Tensor& samples,
                                       const IntrinsicDimensionOptions& options,
                                       const std::string& place) {
  const c10::NoGradGuard no_grad;
  if (samples.dim() != 2 || samples.size(0) < 1 || options.neighbours < 2 ||
      options.max_points < 3) {
    throw ConfigError(
        "intrinsic dimension: samples [{}], {} neighbours, {} points at most, wanted [n, d], at "
        "least 2 and 3",
        fmt::join(samples.sizes(), ", "), options.neighbours, options.max_points);
  }
  at::Tensor points = samples.detach().to(at::kCPU, at::kDouble);
  check_finite(points, place);
  const int64_t n = points.size(0), used = std::min(n, options.max_points);
  if (used < n)
    points = points.index_select(0, (at::arange(used, at::kLong) * n).div(used, "floor"));

  const Eigen::MatrixXd squares = squared_distances(points);
  const std::vector<Eigen::Index> kept = different_points(squares);
  IntrinsicDimension result;
  result.points = static_cast<int64_t>(kept.size());
  result.duplicates = used - result.points;
  if (result.points < 3) return result;
  const Eigen::MatrixXd logs =
      log_neighbour_distances(squares, kept, std::min(options.neighbours, result.points - 1));
  result.two_nn = if_finite(two_nn(logs));
  if (logs.cols() == options.neighbours) result.mle = if_finite(maximum_likelihood(logs));
  return result;
}

}  // namespace eida

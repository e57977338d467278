/// Dimension of the manifold that samples lie on, from distances to nearest neighbours.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

namespace eida {

struct IntrinsicDimensionOptions {
  int64_t neighbours = 10;  ///< of the maximum-likelihood estimate, >= 2
  /// More samples are thinned evenly: cost and memory grow with the square.
  int64_t max_points = 1024;
};

struct IntrinsicDimension {
  std::optional<double> two_nn;  ///< none with fewer than 3 different points
  std::optional<double> mle;     ///< none with fewer than neighbours + 1 different points
  int64_t points = 0;            ///< different points used
  int64_t duplicates = 0;        ///< points left out because an equal one stands before them
};

/// TwoNN: slope of -log(1 - F) against log(r2 / r1), the largest 10 % of ratios left out.
/// MLE: inverse of the mean of log(T_K / T_j) over points and neighbours j < K.
/// Points closer than float32 can tell (1e-13 of their squared norms about the mean) are equal.
/// Source: Facco et al. (2017), Methods; Levina and Bickel (2004), equation 8, averaged over
/// inverses as MacKay and Ghahramani (2005) say. \param samples [n, d], n >= 1. \throws
/// NumericError on NaN or infinity, ConfigError on options.
IntrinsicDimension intrinsic_dimension(const at::Tensor& samples,
                                       const IntrinsicDimensionOptions& options = {},
                                       const std::string& place = "");

}  // namespace eida

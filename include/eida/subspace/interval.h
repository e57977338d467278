/// Mean and 95 % interval over repeats.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace eida {

struct MeanInterval {
  double mean = 0.0;
  /// Half the width of the two-sided interval mean +- half; none from a single repeat.
  std::optional<double> half;
  int64_t repeats = 0;
};

/// Student's t with n - 1 degrees of freedom: mean +- t * sd / sqrt(n).
/// \param values n >= 1. \param level 0..1, exclusive. \throws ConfigError otherwise.
MeanInterval mean_interval(const std::vector<double>& values, double level = 0.95);

/// t with P(|T| <= t) = level, by bisection of the finite sums that hold for whole degrees of
/// freedom. Source: Abramowitz and Stegun, 26.7.3 and 26.7.4. \param degrees >= 1.
double student_t(double level, int64_t degrees);

}  // namespace eida

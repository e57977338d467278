#include "eida/subspace/interval.h"

#include <cmath>
#include <numbers>
#include <numeric>

#include "eida/core/error.h"

namespace eida {
namespace {

/// P(|T| <= t) for T of Student's distribution.
double probability_within(double t, int64_t degrees) {
  const double theta = std::atan(t / std::sqrt(static_cast<double>(degrees)));
  const double cosine = std::cos(theta), step = cosine * cosine;
  const bool odd = degrees % 2 == 1;
  double term = odd ? cosine : 1.0, sum = degrees == 1 ? 0.0 : term;
  for (int64_t i = odd ? 3 : 2; i <= degrees - 2; i += 2) {
    term *= step * static_cast<double>(i - 1) / static_cast<double>(i);
    sum += term;
  }
  const double within = std::sin(theta) * sum;
  return odd ? 2.0 / std::numbers::pi * (theta + within) : within;
}

}  // namespace

double student_t(double level, int64_t degrees) {
  if (!(level > 0.0 && level < 1.0) || degrees < 1) {
    throw ConfigError(
        "Student's t: level {} and {} degrees, wanted a level between 0 and 1 and at least 1 "
        "degree",
        level, degrees);
  }
  double low = 0.0, high = 1.0;
  while (probability_within(high, degrees) < level && high < 1e15) high *= 2;
  for (int i = 0; i < 100; ++i) {
    const double middle = 0.5 * (low + high);
    (probability_within(middle, degrees) < level ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

MeanInterval mean_interval(const std::vector<double>& values, double level) {
  if (values.empty()) throw ConfigError("interval of no values, wanted at least 1");
  const auto n = static_cast<double>(values.size());
  MeanInterval interval{std::accumulate(values.begin(), values.end(), 0.0) / n, std::nullopt,
                        static_cast<int64_t>(values.size())};
  if (values.size() == 1) return interval;
  double squares = 0.0;
  for (const double value : values) squares += (value - interval.mean) * (value - interval.mean);
  interval.half = student_t(level, interval.repeats - 1) * std::sqrt(squares / (n - 1) / n);
  return interval;
}

}  // namespace eida

#include "eida/metrics/intervals.h"

#include <algorithm>
#include <cmath>

#include "eida/core/error.h"
#include "resampling.h"

namespace eida {
namespace metrics {

void check_resampling(const ResamplingOptions& options) {
  if (options.samples < 1) throw ConfigError("samples: {} is below 1", options.samples);
  if (!(options.level > 0.0 && options.level < 1.0)) {
    throw ConfigError("level: {} is not between 0 and 1", options.level);
  }
}

Interval percentile_interval(std::vector<double> values, double level) {
  std::sort(values.begin(), values.end());
  const auto quantile = [&](double p) {
    const double at = p * static_cast<double>(values.size() - 1);
    const auto below = static_cast<size_t>(at);
    const size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {quantile((1.0 - level) / 2.0), quantile((1.0 + level) / 2.0)};
}

void draw_counts(Rng& rng, std::vector<int32_t>& counts) {
  std::fill(counts.begin(), counts.end(), 0);
  for (size_t i = 0; i < counts.size(); ++i) ++counts[rng.below(counts.size())];
}

double weighted_score(const ItemStatistics& statistics, const std::vector<int32_t>& counts) {
  std::vector<double> sums(statistics.width, 0.0);
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double* row = statistics.values.data() + i * statistics.width;
    for (size_t k = 0; k < statistics.width; ++k) sums[k] += counts[i] * row[k];
  }
  return statistics.score(sums);
}

}  // namespace metrics

/// Newton's method on the distribution function; a few steps reach double precision.
double normal_quantile(double p) {
  double x = 0.0;
  for (int step = 0; step < 100; ++step) {
    const double error = 0.5 * std::erfc(-x / std::sqrt(2.0)) - p;
    const double density = std::exp(-x * x / 2.0) / std::sqrt(2.0 * M_PI);
    const double move = std::clamp(error / density, -1.0, 1.0);
    x -= move;
    if (std::abs(move) < 1e-14) break;
  }
  return x;
}

Interval wilson_interval(int64_t successes, int64_t total, double level) {
  if (!(level > 0.0 && level < 1.0)) throw ConfigError("level: {} is not between 0 and 1", level);
  if (total < 1 || successes < 0 || successes > total) {
    throw ConfigError("Wilson interval: {} of {} is no proportion", successes, total);
  }
  const double n = static_cast<double>(total), p = static_cast<double>(successes) / n;
  const double z = normal_quantile((1.0 + level) / 2.0);
  const double shrink = 1.0 + z * z / n, centre = (p + z * z / (2.0 * n)) / shrink;
  const double half = z / shrink * std::sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval bootstrap_interval(const ItemStatistics& statistics, const ResamplingOptions& options) {
  metrics::check_resampling(options);
  if (statistics.items() == 0) throw DataError("bootstrap: no items");
  Rng rng(options.seed, "bootstrap");
  std::vector<int32_t> counts(statistics.items());
  std::vector<double> scores;
  for (int sample = 0; sample < options.samples; ++sample) {
    metrics::draw_counts(rng, counts);
    scores.push_back(metrics::weighted_score(statistics, counts));
  }
  return metrics::percentile_interval(std::move(scores), options.level);
}

}  // namespace eida

/// Confidence intervals.
#pragma once

#include <cstdint>

#include "eida/metrics/statistics.h"

namespace eida {

struct Interval {
  double low = 0.0, high = 0.0;
};

struct ResamplingOptions {
  int samples = 1000;   ///< at least 1
  double level = 0.95;  ///< coverage, between 0 and 1
  uint64_t seed = 0;
};

/// Wilson's score interval of a proportion. \param level coverage
/// \throws ConfigError level outside (0, 1); total below 1 or successes outside 0..total
/// Source: Wilson 1927, J. Am. Stat. Assoc. 22.
Interval wilson_interval(int64_t successes, int64_t total, double level = 0.95);

/// Percentile bootstrap over items; stream "bootstrap". NIST's weights and CIDEr's document
/// frequencies stay those of the whole corpus.
/// \throws ConfigError options outside their range; DataError no items
Interval bootstrap_interval(const ItemStatistics& statistics,
                            const ResamplingOptions& options = {});

/// Quantile of the standard normal distribution, 0 < p < 1.
double normal_quantile(double p);

}  // namespace eida

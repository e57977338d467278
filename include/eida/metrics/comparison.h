/// Paired tests of two systems on the same items.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "eida/metrics/intervals.h"

namespace eida {

struct PairedComparison {
  double a = 0.0, b = 0.0;       ///< scores
  double difference = 0.0;       ///< b - a
  Interval interval;             ///< of the difference, paired bootstrap
  double p_bootstrap = 1.0;      ///< two-sided: twice the smaller share of resampled signs
  double p_randomization = 1.0;  ///< two-sided: share of random swaps with a difference as large
  bool within_noise = true;      ///< p_randomization above 1 - level
};

/// Compares by paired bootstrap (stream "paired_bootstrap") and approximate randomisation (stream
/// "randomization"). Both p values count the observed outcome, so none is 0.
/// Source: Koehn 2004 (EMNLP); Noreen 1989, Riezler and Maxwell 2005.
/// \throws DataError other items or another score in a than in b; ConfigError as
/// bootstrap_interval()
PairedComparison compare_scores(const ItemStatistics& a, const ItemStatistics& b,
                                const ResamplingOptions& options = {});

struct McNemarTest {
  int64_t only_a = 0;  ///< items that only a has right
  int64_t only_b = 0;  ///< items that only b has right
  double p = 1.0;      ///< two-sided
  bool exact = true;   ///< binomial; else chi-squared with continuity correction
};

/// McNemar's test. Exact where at most 1000 items differ. \param a,b whether each item is right
/// \throws DataError different sizes or no items
McNemarTest mcnemar(const std::vector<bool>& a, const std::vector<bool>& b);

}  // namespace eida

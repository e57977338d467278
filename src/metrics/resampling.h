/// Pieces that intervals and paired tests share.
#pragma once

#include <vector>

#include "eida/core/rng.h"
#include "eida/metrics/intervals.h"

namespace eida::metrics {

/// \throws ConfigError an option is outside its range.
void check_resampling(const ResamplingOptions& options);
/// Interval between the quantiles that leave (1 - level) / 2 on each side. \param values not empty
Interval percentile_interval(std::vector<double> values, double level);
/// Draws as many items as there are, with replacement: how often each came.
void draw_counts(Rng& rng, std::vector<int32_t>& counts);
/// Score of the items, each counted as often as given. [items]
double weighted_score(const ItemStatistics& statistics, const std::vector<int32_t>& counts);

}  // namespace eida::metrics

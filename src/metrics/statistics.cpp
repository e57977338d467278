#include "eida/metrics/statistics.h"

namespace eida {

double ItemStatistics::corpus_score() const {
  if (items() == 0) return 0.0;
  std::vector<double> sums(width, 0.0);
  for (size_t i = 0; i < values.size(); ++i) sums[i % width] += values[i];
  return score(sums);
}

ItemStatistics mean_statistics(std::span<const double> values) {
  ItemStatistics statistics;
  statistics.width = 2;
  statistics.score = [](std::span<const double> sums) { return sums[0] / sums[1]; };
  for (const double value : values) {
    statistics.values.push_back(value);
    statistics.values.push_back(1.0);
  }
  return statistics;
}

}  // namespace eida

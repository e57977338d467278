/// Scores of a corpus as functions of sums over its items: what intervals and paired tests
/// resample.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace eida {

/// Additive statistics of each item and the score of their sum. An accuracy has {correct, 1}; BLEU
/// its hits and lengths; METEOR its 23 counts.
struct ItemStatistics {
  /// Score of summed statistics. [width] → score
  using Score = double (*)(std::span<const double> sums);

  size_t width = 0;
  std::vector<double> values;  ///< [items, width], row after row
  Score score = nullptr;

  size_t items() const { return width == 0 ? 0 : values.size() / width; }
  std::span<const double> row(size_t item) const { return {values.data() + item * width, width}; }
  /// Score of all items together; 0 without items.
  double corpus_score() const;
  /// Score of one item alone.
  double item_score(size_t item) const { return score(row(item)); }
};

/// Statistics of a score that is the mean of its items' values. [items] → width 2
ItemStatistics mean_statistics(std::span<const double> values);

}  // namespace eida

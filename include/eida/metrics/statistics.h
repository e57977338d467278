/// Scores of a corpus as functions of sums over its items, their intervals, and paired tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
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

struct Interval {
  double low = 0.0, high = 0.0;
};

struct ResamplingOptions {
  int samples = 1000;   ///< at least 1
  double level = 0.95;  ///< coverage, between 0 and 1
  uint64_t seed = 0;
};

/// Draws as many items as there are, with replacement, options.samples times; `visit` gets how
/// often each was drawn, [items]. \throws ConfigError an option is outside its range
void resample(size_t items, const ResamplingOptions& options, std::string_view stream,
              const std::function<void(std::span<const int32_t> counts)>& visit);

/// Interval between the quantiles that leave (1 - level) / 2 on each side. \param values not empty
Interval percentile_interval(std::vector<double> values, double level);

/// Percentile bootstrap over items; stream "bootstrap". NIST's weights and CIDEr's document
/// frequencies stay those of the whole corpus.
/// \throws ConfigError options outside their range; DataError no items
Interval bootstrap_interval(const ItemStatistics& statistics,
                            const ResamplingOptions& options = {});

/// Wilson's score interval of a proportion. \param level coverage
/// \throws ConfigError level outside (0, 1); total below 1 or successes outside 0..total
/// Source: Wilson 1927, J. Am. Stat. Assoc. 22.
Interval wilson_interval(int64_t successes, int64_t total, double level = 0.95);

/// Quantile of the standard normal distribution, 0 < p < 1.
double normal_quantile(double p);

/// Two systems on the same items.
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

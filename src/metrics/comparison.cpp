#include "eida/metrics/comparison.h"

#include <algorithm>
#include <cmath>

#include "eida/core/error.h"
#include "resampling.h"

namespace eida {
namespace {

/// Share of outcomes that are at least as extreme, the observed one among them.
double p_value(int64_t extreme, int64_t samples) {
  return std::min(1.0, static_cast<double>(extreme + 1) / static_cast<double>(samples + 1));
}

void bootstrap(const ItemStatistics& a, const ItemStatistics& b, const ResamplingOptions& options,
               PairedComparison& result) {
  Rng rng(options.seed, "paired_bootstrap");
  std::vector<int32_t> counts(a.items());
  std::vector<double> differences;
  int64_t not_above = 0, not_below = 0;
  for (int sample = 0; sample < options.samples; ++sample) {
    metrics::draw_counts(rng, counts);
    const double difference =
        metrics::weighted_score(b, counts) - metrics::weighted_score(a, counts);
    differences.push_back(difference);
    if (difference <= 0.0) ++not_above;
    if (difference >= 0.0) ++not_below;
  }
  result.p_bootstrap =
      std::min(1.0, 2.0 * p_value(std::min(not_above, not_below), options.samples));
  result.interval = metrics::percentile_interval(std::move(differences), options.level);
}

/// Difference of the scores after each item was swapped with probability one half.
double swapped_difference(const ItemStatistics& a, const ItemStatistics& b, Rng& rng) {
  std::vector<double> sums_a(a.width, 0.0), sums_b(b.width, 0.0);
  uint64_t bits = 0;
  for (size_t i = 0; i < a.items(); ++i) {
    if (i % 64 == 0) bits = rng.next();
    const bool swap = (bits >> (i % 64) & 1) != 0;
    const auto row_a = a.row(i), row_b = b.row(i);
    for (size_t k = 0; k < a.width; ++k) {
      sums_a[k] += swap ? row_b[k] : row_a[k];
      sums_b[k] += swap ? row_a[k] : row_b[k];
    }
  }
  return b.score(sums_b) - a.score(sums_a);
}

double chi_squared_p(double statistic) { return std::erfc(std::sqrt(statistic / 2.0)); }

/// Two-sided binomial test of `fewer` of `total` at one half.
double binomial_p(int64_t fewer, int64_t total) {
  double sum = 0.0;
  for (int64_t k = 0; k <= fewer; ++k) {
    const double log_term = std::lgamma(total + 1.0) - std::lgamma(k + 1.0) -
                            std::lgamma(total - k + 1.0) - total * std::log(2.0);
    sum += std::exp(log_term);
  }
  return std::min(1.0, 2.0 * sum);
}

}  // namespace

PairedComparison compare_scores(const ItemStatistics& a, const ItemStatistics& b,
                                const ResamplingOptions& options) {
  metrics::check_resampling(options);
  if (a.items() == 0 || a.items() != b.items() || a.width != b.width || a.score != b.score) {
    throw DataError(
        "cannot compare {} items with {}: a paired test needs one score of the same "
        "items",
        a.items(), b.items());
  }
  PairedComparison result;
  result.a = a.corpus_score();
  result.b = b.corpus_score();
  result.difference = result.b - result.a;
  bootstrap(a, b, options, result);
  Rng rng(options.seed, "randomization");
  int64_t extreme = 0;
  // Sums in another order differ in their last bits; those are no difference.
  const double observed = std::abs(result.difference) * (1.0 - 1e-12) - 1e-15;
  for (int sample = 0; sample < options.samples; ++sample) {
    if (std::abs(swapped_difference(a, b, rng)) >= observed) ++extreme;
  }
  result.p_randomization = p_value(extreme, options.samples);
  result.within_noise = result.p_randomization > 1.0 - options.level;
  return result;
}

McNemarTest mcnemar(const std::vector<bool>& a, const std::vector<bool>& b) {
  if (a.empty() || a.size() != b.size()) {
    throw DataError("McNemar's test: {} items against {}", a.size(), b.size());
  }
  McNemarTest test;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] && !b[i]) ++test.only_a;
    if (b[i] && !a[i]) ++test.only_b;
  }
  const int64_t total = test.only_a + test.only_b;
  test.exact = total <= 1000;
  if (test.exact) {
    test.p = binomial_p(std::min(test.only_a, test.only_b), total);
  } else {
    const double gap = std::max(0.0, std::abs(static_cast<double>(test.only_a - test.only_b)) - 1);
    test.p = chi_squared_p(gap * gap / static_cast<double>(total));
  }
  return test;
}

}  // namespace eida

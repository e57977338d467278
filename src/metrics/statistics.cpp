#include "eida/metrics/statistics.h"

#include <algorithm>
#include <cmath>

#include "eida/core/error.h"
#include "eida/core/rng.h"
#include "eida/core/signals.h"

namespace eida {
namespace {

/// Score of the items, each counted as often as given. [items]
double weighted_score(const ItemStatistics& statistics, std::span<const int32_t> counts) {
  std::vector<double> sums(statistics.width, 0.0);
  for (size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] == 0) continue;
    const double* row = statistics.values.data() + i * statistics.width;
    for (size_t k = 0; k < statistics.width; ++k) sums[k] += counts[i] * row[k];
  }
  return statistics.score(sums);
}

/// Share of outcomes that are at least as extreme, the observed one among them.
double p_value(int64_t extreme, int64_t samples) {
  return std::min(1.0, static_cast<double>(extreme + 1) / static_cast<double>(samples + 1));
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

double ItemStatistics::corpus_score() const {
  if (items() == 0) return 0.0;
  return weighted_score(*this, std::vector<int32_t>(items(), 1));
}

ItemStatistics mean_statistics(std::span<const double> values) {
  ItemStatistics statistics;
  statistics.width = 2;
  statistics.score = [](std::span<const double> sums) { return sums[0] / sums[1]; };
  for (const double value : values) statistics.values.insert(statistics.values.end(), {value, 1.0});
  return statistics;
}

void resample(size_t items, const ResamplingOptions& options, std::string_view stream,
              const std::function<void(std::span<const int32_t> counts)>& visit) {
  if (options.samples < 1) throw ConfigError("samples: {} is below 1", options.samples);
  if (!(options.level > 0.0 && options.level < 1.0)) {
    throw ConfigError("level: {} is not between 0 and 1", options.level);
  }
  Rng rng(options.seed, stream);
  std::vector<int32_t> counts(items);
  for (int sample = 0; sample < options.samples; ++sample) {
    check_interrupted();
    std::fill(counts.begin(), counts.end(), 0);
    for (size_t i = 0; i < items; ++i) ++counts[rng.below(items)];
    visit(counts);
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

Interval bootstrap_interval(const ItemStatistics& statistics, const ResamplingOptions& options) {
  if (statistics.items() == 0) throw DataError("bootstrap: no items");
  std::vector<double> scores;
  resample(statistics.items(), options, "bootstrap", [&](std::span<const int32_t> counts) {
    scores.push_back(weighted_score(statistics, counts));
  });
  return percentile_interval(std::move(scores), options.level);
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

PairedComparison compare_scores(const ItemStatistics& a, const ItemStatistics& b,
                                const ResamplingOptions& options) {
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
  std::vector<double> differences;
  int64_t not_above = 0, not_below = 0, extreme = 0;
  resample(a.items(), options, "paired_bootstrap", [&](std::span<const int32_t> counts) {
    const double difference = weighted_score(b, counts) - weighted_score(a, counts);
    differences.push_back(difference);
    if (difference <= 0.0) ++not_above;
    if (difference >= 0.0) ++not_below;
  });
  result.p_bootstrap =
      std::min(1.0, 2.0 * p_value(std::min(not_above, not_below), options.samples));
  result.interval = percentile_interval(std::move(differences), options.level);
  Rng rng(options.seed, "randomization");
  // Sums in another order differ in their last bits; those are no difference.
  const double observed = std::abs(result.difference) * (1.0 - 1e-12) - 1e-15;
  for (int sample = 0; sample < options.samples; ++sample) {
    check_interrupted();
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
    test.p = std::erfc(std::sqrt(gap * gap / static_cast<double>(total) / 2.0));  // chi-squared
  }
  return test;
}

}  // namespace eida

#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "cross_entropy.h"
#include "simd.h"

namespace eida {
namespace {

using simd::kLanes;
using simd::Lanes;

/// One row of logits and what it is scored against. T is float or BFloat16.
template <typename T>
struct RowTask {
  T* logits;  ///< [size]; the gradient afterwards
  int64_t size, target;
  float weight, smoothing;
  bool wants_gradient;
};

/// Calls `body(lanes, begin, count)` for every sixteen entries; the last ones are filled up with
/// `filler`.
template <typename T, typename Body>
EIDA_INLINE void for_lanes(const RowTask<T>& row, float filler, const Body& body) {
  Lanes x;
  int64_t i = 0;
  for (; i + kLanes <= row.size; i += kLanes) {
    simd::load(row.logits + i, x);
    body(x, i, kLanes);
  }
  if (i == row.size) return;
  float rest[kLanes];
  std::fill_n(rest, kLanes, filler);
  for (int64_t l = i; l < row.size; ++l) rest[l - i] = static_cast<float>(row.logits[l]);
  simd::load(rest, x);
  body(x, i, row.size - i);
}

template <typename T>
EIDA_INLINE void store_some(const Lanes& values, int64_t count, T* to) {
  if (count == kLanes) return simd::store(values, to);
  for (int64_t l = 0; l < count; ++l) to[l] = static_cast<T>(values[l]);
}

/// \return the row's weighted cross-entropy
template <typename T>
EIDA_INLINE double score(const RowTask<T>& row) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  const float picked = static_cast<float>(row.logits[row.target]);
  Lanes largest = Lanes{} + kLowest;
  for_lanes(row, kLowest, [&](const Lanes& x, int64_t, int64_t) EIDA_INLINE_LAMBDA {
    simd::maximum(largest, x);
  });
  float top = kLowest;
  for (int64_t l = 0; l < kLanes; ++l) top = std::max(top, largest[l]);
  Lanes total = {}, all = {};
  for_lanes(row, kLowest, [&](const Lanes& x, int64_t, int64_t count) EIDA_INLINE_LAMBDA {
    Lanes power;
    simd::exponential(x - top, power);
    total += power;
    if (row.smoothing > 0.0F && count == kLanes) all += x;
  });
  const float log_sum = top + std::log(simd::sum(total));
  double wanted = picked;
  if (row.smoothing > 0.0F) {
    double sum = simd::sum(all);
    for (int64_t i = row.size / kLanes * kLanes; i < row.size; ++i)
      sum += static_cast<float>(row.logits[i]);
    wanted = (1.0 - row.smoothing) * picked + row.smoothing * sum / static_cast<double>(row.size);
  }
  if (row.wants_gradient) {
    const float spread = row.weight * row.smoothing / static_cast<float>(row.size);
    for_lanes(row, kLowest, [&](const Lanes& x, int64_t begin, int64_t count) EIDA_INLINE_LAMBDA {
      Lanes power;
      simd::exponential(x - log_sum, power);
      store_some(power * row.weight - spread, count, row.logits + begin);
    });
    // Not from the stored value: that has been rounded to T.
    const float chance = std::exp(picked - log_sum);
    row.logits[row.target] = static_cast<T>(row.weight * (chance + row.smoothing - 1.0F) - spread);
  }
  return row.weight * (static_cast<double>(log_sum) - wanted);
}

EIDA_EVERY_ISA double score_row(const RowTask<float>& row) { return score(row); }
EIDA_EVERY_ISA double score_row(const RowTask<c10::BFloat16>& row) { return score(row); }

template <typename T>
double score_all(at::Tensor& logits, const ScoredTargets& scored, bool wants_gradient) {
  const int64_t rows = logits.size(0), size = logits.size(1);
  const at::Tensor targets = scored.targets.contiguous(), weights = scored.weights.contiguous();
  const auto* target = targets.const_data_ptr<int64_t>();
  const auto* weight = weights.const_data_ptr<float>();
  T* values = logits.mutable_data_ptr<T>();
  std::vector<double> losses(static_cast<size_t>(rows));
  at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
    for (int64_t r = begin; r < end; ++r) {
      losses[static_cast<size_t>(r)] =
          score_row(RowTask<T>{values + r * size, size, target[r], weight[r],
                               static_cast<float>(scored.label_smoothing), wants_gradient});
    }
  });
  double sum = 0.0;
  for (const double loss : losses) sum += loss;
  return sum;
}

}  // namespace

double score_rows_(at::Tensor& logits, const ScoredTargets& scored, bool wants_gradient) {
  return logits.scalar_type() == at::kBFloat16
             ? score_all<c10::BFloat16>(logits, scored, wants_gradient)
             : score_all<float>(logits, scored, wants_gradient);
}

}  // namespace eida

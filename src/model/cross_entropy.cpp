#include "cross_entropy.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "autograd.h"
#include "eida/model/pretrained_model.h"
#include "eida/tensor/checks.h"
#include "eida/tensor/device.h"
#include "layers.h"
#include "simd.h"

namespace eida {
namespace {

using simd::kLanes;
using simd::Lanes;

/// One row of logits and what it is scored against. T is float or BFloat16.
template <typename T>
struct LogitRow {
  T* logits;  ///< [size]; the gradient afterwards
  int64_t size, target;
  float weight, smoothing;
  bool wants_gradient;
};

/// Calls `body(lanes, begin, count)` for every sixteen entries; the last ones are filled up with
/// `filler`.
template <typename T, typename Body>
EIDA_INLINE void for_lanes(const LogitRow<T>& row, float filler, const Body& body) {
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
EIDA_INLINE double score(const LogitRow<T>& row) {
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

EIDA_EVERY_ISA double score_row(const LogitRow<float>& row) { return score(row); }
EIDA_EVERY_ISA double score_row(const LogitRow<c10::BFloat16>& row) { return score(row); }

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
          score_row(LogitRow<T>{values + r * size, size, target[r], weight[r],
                                static_cast<float>(scored.label_smoothing), wants_gradient});
    }
  });
  double sum = 0.0;
  for (const double loss : losses) sum += loss;
  return sum;
}

/// Cross-entropy that keeps nothing of the size of the logits but the logits themselves.
struct WeightedCrossEntropy : torch::autograd::Function<WeightedCrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& logits,
                            const ScoredTargets& scored) {
    const at::Tensor log_sum = logits.logsumexp(1, /*keepdim=*/true);  // [M, 1]
    context->save_for_backward({logits, log_sum});
    keep(*context, scored);
    return cross_entropy_sum(logits, log_sum, scored);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    auto scored = kept<ScoredTargets>(*context);
    scored.weights = scored.weights * gradients.front();
    at::Tensor gradient = saved[0].clone();
    to_logit_gradient_(gradient, saved[1], scored);
    return {gradient, at::Tensor()};
  }
};

constexpr int64_t kBlockEntries = 12 << 20;  ///< logits of one block, 48 MiB in float32

/// Loss of a block of rows, float64; if it is wanted, their gradient takes the place of `logits`.
at::Tensor score_block(at::Tensor& logits, const ScoredTargets& scored, bool wants_gradient) {
  const at::ScalarType dtype = logits.scalar_type();
  if (logits.is_cpu() && (dtype == at::kFloat || dtype == at::kBFloat16))
    return at::scalar_tensor(score_rows_(logits, scored, wants_gradient), at::kDouble);
  at::Tensor values = logits.to(at::kFloat);
  const at::Tensor log_sum = values.logsumexp(1, /*keepdim=*/true);  // [rows, 1]
  const at::Tensor loss = cross_entropy_sum(values, log_sum, scored).to(at::kDouble);
  if (wants_gradient) {
    to_logit_gradient_(values, log_sum, scored);
    logits = values.to(dtype);
  }
  return loss;
}

struct LinearCrossEntropy : torch::autograd::Function<LinearCrossEntropy> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& table, const ScoredTargets& scored,
                            bool wants_gradient) {
    const int64_t rows = std::max<int64_t>(16, kBlockEntries / table.size(0));
    at::Tensor loss = at::zeros({}, hidden.options().dtype(at::kDouble));
    at::Tensor d_hidden, d_table;
    if (wants_gradient) d_hidden = at::empty_like(hidden);
    if (wants_gradient && table.requires_grad())
      d_table = at::zeros_like(table, table.options().dtype(at::kFloat));
    for (int64_t begin = 0; begin < hidden.size(0); begin += rows) {
      const int64_t count = std::min(rows, hidden.size(0) - begin);
      const ScoredTargets part{scored.targets.narrow(0, begin, count),
                               scored.weights.narrow(0, begin, count), scored.label_smoothing};
      const at::Tensor x = hidden.narrow(0, begin, count);
      at::Tensor logits = affine(x, table);  // [rows, V]
      loss += score_block(logits, part, wants_gradient);
      if (!wants_gradient) continue;
      const at::Tensor& d_logits = logits;
      d_hidden.narrow(0, begin, count).copy_(affine(d_logits, table.t()));
      if (d_table.defined()) d_table += at::mm(d_logits.t(), x);
    }
    context->save_for_backward({d_hidden, d_table});
    return loss.to(at::kFloat);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    variable_list results(4);
    const auto scaled = [&](const at::Tensor& gradient) {
      return gradient * gradients.front().to(gradient.scalar_type());
    };
    if (saved[0].defined() && context->needs_input_grad(0)) results[0] = scaled(saved[0]);
    if (saved[1].defined()) results[1] = scaled(saved[1]);
    return results;
  }
};

}  // namespace

double score_rows_(at::Tensor& logits, const ScoredTargets& scored, bool wants_gradient) {
  return logits.scalar_type() == at::kBFloat16
             ? score_all<c10::BFloat16>(logits, scored, wants_gradient)
             : score_all<float>(logits, scored, wants_gradient);
}

ScoredTargets scored_targets(const PackedBatch& batch, at::Device device, double label_smoothing) {
  return {to_device(batch.targets, device), to_device(batch.target_weights, device),
          label_smoothing};
}

at::Tensor cross_entropy_sum(const at::Tensor& logits, const at::Tensor& log_sum,
                             const ScoredTargets& scored) {
  const double smoothing = scored.label_smoothing;
  at::Tensor picked = logits.gather(1, scored.targets.unsqueeze(1));  // [M, 1]
  if (smoothing > 0.0)
    picked = picked * (1.0 - smoothing) + logits.mean(1, /*keepdim=*/true) * smoothing;
  const at::Tensor nll = (log_sum - picked).squeeze(1).to(at::kDouble);
  return (nll * scored.weights.to(at::kDouble)).sum().to(at::kFloat);
}

void to_logit_gradient_(at::Tensor& logits, const at::Tensor& log_sum,
                        const ScoredTargets& scored) {
  const double smoothing = scored.label_smoothing;
  const at::Tensor weights = scored.weights.unsqueeze(1);  // [M, 1]
  logits.sub_(log_sum).exp_().mul_(weights);               // softmax, weighted
  if (smoothing > 0.0) logits.sub_(weights * (smoothing / static_cast<double>(logits.size(1))));
  logits.scatter_add_(1, scored.targets.unsqueeze(1), weights * (smoothing - 1.0));
}

at::Tensor weighted_cross_entropy(const at::Tensor& logits, const PackedBatch& batch,
                                  double label_smoothing) {
  check_shape("logits", logits, {batch.targets.size(0), -1});
  return WeightedCrossEntropy::apply(logits.to(at::kFloat),
                                     scored_targets(batch, logits.device(), label_smoothing));
}

at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& table, CastCache& cast,
                                const ScoredTargets& scored) {
  const at::Tensor words = in_dtype(table, hidden.scalar_type(), cast);
  const bool wants_gradient =
      c10::GradMode::is_enabled() && (hidden.requires_grad() || words.requires_grad());
  return LinearCrossEntropy::apply(hidden, words, scored, wants_gradient);
}

}  // namespace eida

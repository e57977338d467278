// Cross-entropy over classes or vocabulary, with and without logits that are kept.
#pragma once

#include <ATen/core/Tensor.h>

#include "eida/model/batch.h"
#include "eida/model/hookable_linear.h"

namespace eida {

/// What predictions are scored against.
struct ScoredTargets {
  at::Tensor targets;            // [M] int64
  at::Tensor weights;            // [M] float32
  double label_smoothing = 0.0;  ///< share of the target that is spread over all classes
};
ScoredTargets scored_targets(const PackedBatch& batch, at::Device device, double label_smoothing);

/// sum_m w_m * cross_entropy_m, summed in float64. \param logits [M, V] float32 \param log_sum
/// [M, 1] their logsumexp // [] float32
at::Tensor cross_entropy_sum(const at::Tensor& logits, const at::Tensor& log_sum,
                             const ScoredTargets& scored);

/// Turns logits [M, V] into the gradient of that sum, in place.
void to_logit_gradient_(at::Tensor& logits, const at::Tensor& log_sum, const ScoredTargets& scored);

/// Both of them in one walk over each row, on the CPU: the sum, in float64, and the gradient in
/// place of `logits` if it is wanted. \param logits [M, V] float32 or bfloat16, contiguous
double score_rows_(at::Tensor& logits, const ScoredTargets& scored, bool wants_gradient);

/// The same sum for logits = hidden table^T, a block of rows at a time: neither the logits nor
/// their gradient are ever whole, which is most of the memory of a pass with 50,257 words.
/// Gradients are formed in the forward pass, so that each block's logits are computed once. \param
/// hidden [M, d] \param table [V, d], in hidden's dtype or to be cast through `cast` // [] float32
at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& table, CastCache& cast,
                                const ScoredTargets& scored);

}  // namespace eida

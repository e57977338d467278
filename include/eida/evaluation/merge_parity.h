/// Whether a model says the same after a merge.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eida/model/pretrained_model.h"

namespace eida {

/// Largest logit difference of the adapted and the merged model on some examples, both in float32.
struct MergeParity {
  double difference = 0.0, largest_logit = 0.0, tolerance = 0.0;
  double loss_before = 0.0, loss_after = 0.0;
  int64_t examples = 0;
  bool holds() const { return difference <= tolerance; }
};

/// Logits of a batch in float32 and evaluation mode, whatever the run's precision. // [M, C], [M,
/// V]
at::Tensor reference_logits(PretrainedModel& model, const PackedBatch& batch);

/// \param before of the adapted model, \param after of the merged one. \param rounded whether the
/// merge rounded the weights to bfloat16, 8 bits, afresh: then logits may differ by 2e-2 of the
/// largest, else by 1e-5.
MergeParity compare_logits(const at::Tensor& before, const at::Tensor& after,
                           const PackedBatch& batch, bool rounded = false);

}  // namespace eida

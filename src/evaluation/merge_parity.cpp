#include "eida/evaluation/merge_parity.h"

#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include <algorithm>

#include "eida/model/mode_scope.h"

namespace eida {

at::Tensor reference_logits(PretrainedModel& model, const PackedBatch& batch) {
  const c10::AutoGradMode without_gradients(false);
  const ModeScope mode(model, /*training=*/false);
  model.set_compute_dtype(at::kFloat);
  return model.logits(batch);
}

MergeParity compare_logits(const at::Tensor& before, const at::Tensor& after,
                           const PackedBatch& batch, bool rounded) {
  MergeParity parity;
  parity.difference = (after - before).abs().max().item<double>();
  parity.largest_logit = before.abs().max().item<double>();
  parity.tolerance = (rounded ? 2e-2 : 1e-5) * std::max(1.0, parity.largest_logit);
  parity.loss_before = weighted_cross_entropy(before, batch).item<double>();
  parity.loss_after = weighted_cross_entropy(after, batch).item<double>();
  parity.examples = batch.sequences();
  return parity;
}

}  // namespace eida

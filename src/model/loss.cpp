#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "cross_entropy.h"
#include "eida/model/pretrained_model.h"
#include "eida/tensor/checks.h"
#include "eida/tensor/device.h"

namespace eida {

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

namespace {

/// Cross-entropy that keeps nothing of the size of the logits but the logits themselves.
struct WeightedCrossEntropy : torch::autograd::Function<WeightedCrossEntropy> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& logits,
                            const at::Tensor& targets, const at::Tensor& weights,
                            double label_smoothing) {
    const at::Tensor log_sum = logits.logsumexp(1, /*keepdim=*/true);  // [M, 1]
    context->save_for_backward({logits, log_sum, targets, weights});
    context->saved_data["label_smoothing"] = label_smoothing;
    return cross_entropy_sum(logits, log_sum, {targets, weights, label_smoothing});
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    at::Tensor gradient = saved[0].clone();
    to_logit_gradient_(gradient, saved[1],
                       {saved[2], saved[3] * gradients.front(),
                        context->saved_data["label_smoothing"].toDouble()});
    return {gradient, at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor weighted_cross_entropy(const at::Tensor& logits, const PackedBatch& batch,
                                  double label_smoothing) {
  check_shape("logits", logits, {batch.targets.size(0), -1});
  const at::Device device = logits.device();
  return WeightedCrossEntropy::apply(logits.to(at::kFloat), to_device(batch.targets, device),
                                     to_device(batch.target_weights, device), label_smoothing);
}

}  // namespace eida

#include <ATen/TensorOperators.h>
#include <torch/csrc/autograd/custom_function.h>

#include "eida/model/pretrained_model.h"
#include "eida/tensor/checks.h"

namespace eida {
namespace {

/// Cross-entropy that keeps nothing of the size of the logits but the logits themselves; with a
/// vocabulary of 50,257 that is most of the memory of a pass.
struct WeightedCrossEntropy : torch::autograd::Function<WeightedCrossEntropy> {
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& logits,
                            const at::Tensor& targets, const at::Tensor& weights) {
    const at::Tensor log_sum = logits.logsumexp(1, /*keepdim=*/true);         // [M, 1]
    const at::Tensor nll = log_sum - logits.gather(1, targets.unsqueeze(1));  // [M, 1]
    context->save_for_backward({logits, log_sum, targets, weights});
    return (nll.squeeze(1).to(at::kDouble) * weights.to(at::kDouble)).sum().to(at::kFloat);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor weights = (saved[3] * gradients.front()).unsqueeze(1);  // [M, 1]
    at::Tensor gradient = (saved[0] - saved[1]).exp_().mul_(weights);        // softmax, weighted
    gradient.scatter_add_(1, saved[2].unsqueeze(1), weights.neg());
    return {gradient, at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor weighted_cross_entropy(const at::Tensor& logits, const PackedBatch& batch) {
  check_shape("logits", logits, {batch.targets.size(0), -1});
  const at::Device device = logits.device();
  return WeightedCrossEntropy::apply(logits.to(at::kFloat), batch.targets.to(device),
                                     batch.target_weights.to(device));
}

}  // namespace eida

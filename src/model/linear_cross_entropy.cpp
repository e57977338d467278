#include <ATen/TensorOperators.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "affine.h"
#include "cross_entropy.h"

namespace eida {
namespace {

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
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& hidden,
                            const at::Tensor& table, const at::Tensor& targets,
                            const at::Tensor& weights, double label_smoothing,
                            bool wants_gradient) {
    const int64_t rows = std::max<int64_t>(16, kBlockEntries / table.size(0));
    at::Tensor loss = at::zeros({}, hidden.options().dtype(at::kDouble));
    at::Tensor d_hidden, d_table;
    if (wants_gradient) d_hidden = at::empty_like(hidden);
    if (wants_gradient && table.requires_grad())
      d_table = at::zeros_like(table, table.options().dtype(at::kFloat));
    for (int64_t begin = 0; begin < hidden.size(0); begin += rows) {
      const int64_t count = std::min(rows, hidden.size(0) - begin);
      const ScoredTargets scored{targets.narrow(0, begin, count), weights.narrow(0, begin, count),
                                 label_smoothing};
      const at::Tensor x = hidden.narrow(0, begin, count);
      at::Tensor logits = affine(x, table);  // [rows, V]
      loss += score_block(logits, scored, wants_gradient);
      if (!wants_gradient) continue;
      const at::Tensor& d_logits = logits;
      d_hidden.narrow(0, begin, count).copy_(affine(d_logits, table.t()));
      if (d_table.defined()) d_table += at::mm(d_logits.t(), x);
    }
    context->save_for_backward({d_hidden, d_table});
    return loss.to(at::kFloat);
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    torch::autograd::variable_list results(6);
    const auto scaled = [&](const at::Tensor& gradient) {
      return gradient * gradients.front().to(gradient.scalar_type());
    };
    if (saved[0].defined() && context->needs_input_grad(0)) results[0] = scaled(saved[0]);
    if (saved[1].defined()) results[1] = scaled(saved[1]);
    return results;
  }
};

}  // namespace

at::Tensor linear_cross_entropy(const at::Tensor& hidden, const at::Tensor& table, CastCache& cast,
                                const ScoredTargets& scored) {
  const at::Tensor words = in_dtype(table, hidden.scalar_type(), cast);
  const bool wants_gradient =
      c10::GradMode::is_enabled() && (hidden.requires_grad() || words.requires_grad());
  return LinearCrossEntropy::apply(hidden, words, scored.targets, scored.weights,
                                   scored.label_smoothing, wants_gradient);
}

}  // namespace eida

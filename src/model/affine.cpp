#include "affine.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <string_view>

namespace eida {
namespace {

using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             std::string_view, c10::List<std::optional<at::Scalar>>,
                             std::optional<std::string_view>);

/// oneDNN's product as LibTorch registers it for its compiler; absent in builds without oneDNN.
const std::optional<c10::TypedOperatorHandle<Pointwise>>& onednn_linear() {
  static const auto kHandle = []() -> std::optional<c10::TypedOperatorHandle<Pointwise>> {
    const auto schema = c10::Dispatcher::singleton().findSchema({"mkldnn::_linear_pointwise", ""});
    if (!schema) return std::nullopt;
    try {
      return schema->typed<Pointwise>();
    } catch (const c10::Error&) {  // another version, another signature
      return std::nullopt;
    }
  }();
  return kHandle;
}

/// No autograd. // [N, d_in] [d_out, d_in] -> [N, d_out]
at::Tensor product(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  const std::optional<at::Tensor> added = bias.defined() ? std::optional(bias) : std::nullopt;
  return onednn_linear()->call(x, weight, added, "none", c10::List<std::optional<at::Scalar>>(),
                               "");
}

struct AffineFunction : torch::autograd::Function<AffineFunction> {
  /// \param tensors x, W and, where there is one, b
  static at::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList tensors) {
    const at::Tensor &x = tensors[0], &weight = tensors[1];
    // x is needed for the gradient of W only.
    context->save_for_backward({weight.requires_grad() ? x : at::Tensor(), weight});
    context->saved_data["inputs"] = static_cast<int64_t>(tensors.size());
    return product(x, weight, tensors.size() > 2 ? tensors[2] : at::Tensor());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor& dy = gradients.front();
    torch::autograd::variable_list results(
        static_cast<size_t>(context->saved_data["inputs"].toInt()));
    if (context->needs_input_grad(0)) results[0] = product(dy, saved[1].t(), {});
    if (context->needs_input_grad(1)) results[1] = at::mm(dy.t(), saved[0]);
    if (results.size() > 2 && context->needs_input_grad(2)) results[2] = dy.sum(0);
    return results;
  }
};

bool onednn_takes(const at::Tensor& x) {
  const bool dtype = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  return x.is_cpu() && x.dim() == 2 && x.size(0) > 0 && dtype && onednn_linear().has_value();
}

}  // namespace

at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!onednn_takes(x)) {
    return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
  }
  std::vector<at::Tensor> tensors = {x, weight};
  if (bias.defined()) tensors.push_back(bias);
  return AffineFunction::apply(at::TensorList(tensors));
}

}  // namespace eida

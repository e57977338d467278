#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>

#include <optional>
#include <string_view>

#include "autograd.h"
#include "eida/core/files.h"
#include "layers.h"

namespace eida {
namespace {

using Pointwise = at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&,
                             std::string_view, c10::List<std::optional<at::Scalar>>,
                             std::optional<std::string_view>);

using Reorder = at::Tensor(const at::Tensor&, std::optional<int64_t>);

template <typename Signature>
using Operator = std::optional<c10::TypedOperatorHandle<Signature>>;

/// One of oneDNN's operators as LibTorch registers them for its compiler; absent in builds without
/// oneDNN.
template <typename Signature>
Operator<Signature> find_operator(const char* name) {
  const auto schema = c10::Dispatcher::singleton().findSchema({name, ""});
  if (!schema) return std::nullopt;
  try {
    return schema->typed<Signature>();
  } catch (const c10::Error&) {  // another version, another signature
    return std::nullopt;
  }
}

const Operator<Pointwise>& onednn_linear() {
  static const auto kHandle = find_operator<Pointwise>("mkldnn::_linear_pointwise");
  return kHandle;
}

const Operator<Reorder>& onednn_reorder() {
  static const auto kHandle = find_operator<Reorder>("mkldnn::_reorder_linear_weight");
  return kHandle;
}

/// No autograd. // [N, d_in] [d_out, d_in] -> [N, d_out]
at::Tensor product(const at::Tensor& x, const at::Tensor& weight,
                   const std::optional<at::Tensor>& bias) {
  return onednn_linear()->call(x, weight, bias, "none", c10::List<std::optional<at::Scalar>>(), "");
}

struct AffineFunction : torch::autograd::Function<AffineFunction> {
  /// \param weight or `packed` in its place
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const std::optional<at::Tensor>& weight,
                            const std::optional<at::Tensor>& bias,
                            const std::shared_ptr<PackedWeight>& packed) {
    // x is needed for the gradient of W only.
    context->save_for_backward(
        {weight && weight->requires_grad() ? x : at::Tensor(), weight.value_or(at::Tensor())});
    context->saved_data["bias"] = bias.has_value();
    keep(*context, packed);
    return product(x, packed ? packed->forward() : *weight, bias);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto packed = kept<std::shared_ptr<PackedWeight>>(*context);
    const at::Tensor& dy = gradients.front();
    variable_list results(4);
    if (context->needs_input_grad(0))
      results[0] = product(dy, packed ? packed->backward() : saved[1].t(), std::nullopt);
    if (!packed && context->needs_input_grad(1)) results[1] = at::mm(dy.t(), saved[0]);
    if (context->saved_data["bias"].toBool() && context->needs_input_grad(packed ? 1 : 2))
      results[2] = dy.sum(0);
    return results;
  }
};

std::optional<at::Tensor> if_defined(const at::Tensor& tensor) {
  return tensor.defined() ? std::optional(tensor) : std::nullopt;
}

/// Rows that oneDNN chooses the layout for; it is the same from some hundred on.
constexpr int64_t kLikelyRows = 512;

at::Tensor packed(const at::Tensor& weight) {
  at::Tensor result = onednn_reorder()->call(weight.to(at::kBFloat16), kLikelyRows);
  release_mapped_pages(weight.const_data_ptr(), weight.nbytes());
  return result;
}

bool onednn_takes(const at::Tensor& x) {
  const bool dtype = x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16;
  return x.is_cpu() && x.dim() == 2 && x.size(0) > 0 && dtype && onednn_linear().has_value();
}

}  // namespace

at::Tensor affine(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  if (!onednn_takes(x)) return at::linear(x, weight, if_defined(bias));
  return AffineFunction::apply(x, if_defined(weight), if_defined(bias),
                               std::shared_ptr<PackedWeight>());
}

PackedWeight::PackedWeight(const at::Tensor& weight)
    : weight_(weight.detach()), version_(weight._version()) {}

bool PackedWeight::is_of(const at::Tensor& weight) const {
  return weight_.const_data_ptr() == weight.const_data_ptr() && version_ == weight._version();
}

const at::Tensor& PackedWeight::forward() {
  if (!forward_.defined()) forward_ = packed(weight_);
  return forward_;
}

const at::Tensor& PackedWeight::backward() {
  if (!backward_.defined()) backward_ = packed(weight_.t());
  return backward_;
}

bool packs(const at::Tensor& x, const at::Tensor& weight) {
  return x.scalar_type() == at::kBFloat16 && onednn_takes(x) && onednn_reorder().has_value() &&
         weight.scalar_type() == at::kFloat && !weight.requires_grad();
}

at::Tensor affine(const at::Tensor& x, const std::shared_ptr<PackedWeight>& weight,
                  const at::Tensor& bias) {
  return AffineFunction::apply(x, std::optional<at::Tensor>(), if_defined(bias), weight);
}

}  // namespace eida

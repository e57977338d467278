#include "affine.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <string_view>
#include <utility>

#include "eida/core/files.h"

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

struct WeightCapsule : torch::CustomClassHolder {
  explicit WeightCapsule(std::shared_ptr<PackedWeight> value) : weight(std::move(value)) {}
  std::shared_ptr<PackedWeight> weight;
};

struct PackedFunction : torch::autograd::Function<PackedFunction> {
  /// \param tensors x and, where there is one, b
  static at::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList tensors,
                            const std::shared_ptr<PackedWeight>& weight) {
    context->saved_data["weight"] =
        at::IValue::make_capsule(c10::make_intrusive<WeightCapsule>(weight));
    context->saved_data["inputs"] = static_cast<int64_t>(tensors.size());
    return product(tensors[0], weight->forward(), tensors.size() > 1 ? tensors[1] : at::Tensor());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const auto weight =
        c10::static_intrusive_pointer_cast<WeightCapsule>(context->saved_data["weight"].toCapsule())
            ->weight;
    const auto inputs = static_cast<size_t>(context->saved_data["inputs"].toInt());
    torch::autograd::variable_list results(inputs + 1);  // the weight has none
    if (context->needs_input_grad(0)) results[0] = product(gradients[0], weight->backward(), {});
    if (inputs > 1 && context->needs_input_grad(1)) results[1] = gradients[0].sum(0);
    return results;
  }
};

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
  if (!onednn_takes(x)) {
    return at::linear(x, weight, bias.defined() ? std::optional(bias) : std::nullopt);
  }
  std::vector<at::Tensor> tensors = {x, weight};
  if (bias.defined()) tensors.push_back(bias);
  return AffineFunction::apply(at::TensorList(tensors));
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
  std::vector<at::Tensor> tensors = {x};
  if (bias.defined()) tensors.push_back(bias);
  return PackedFunction::apply(at::TensorList(tensors), weight);
}

}  // namespace eida

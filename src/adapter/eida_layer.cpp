#include "eida_layer.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace eida {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// The cores of a layer's slices, one below the other. // [sum of k_out, k_in]
at::Tensor stacked(const variable_list& cores) {
  return cores.size() == 1 ? cores.front() : at::cat(cores);
}

/// y_i += z B_i^T C_i for every slice i, in place. One node for all slices of a layer: dy passes
/// through untouched, the products with z are one for all slices, and nothing is formed of W's
/// size.
struct AddSlices : torch::autograd::Function<AddSlices> {
  /// \param tensors B_0, B_1, …, C_0, C_1, …
  static at::Tensor forward(AutogradContext* context, const at::Tensor& y, const at::Tensor& z,
                            const std::vector<int64_t>& begins, at::TensorList tensors) {
    const variable_list all = tensors.vec();
    const auto slices = static_cast<std::ptrdiff_t>(begins.size());
    const at::Tensor B = stacked({all.begin(), all.begin() + slices});
    const at::Tensor u = at::mm(z, B.t());  // [N, sum of k_out]
    int64_t column = 0;
    for (size_t i = 0; i < begins.size(); ++i) {
      const at::Tensor& C = all[begins.size() + i];  // [k_out, d_out]
      y.narrow(1, begins[i], C.size(1)).addmm_(u.narrow(1, column, C.size(0)), C);
      column += C.size(0);
    }
    context->mark_dirty({y});
    context->saved_data["begins"] = begins;
    variable_list saved{z, B};
    saved.insert(saved.end(), all.begin() + slices, all.end());
    context->save_for_backward(std::move(saved));
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const std::vector<int64_t> begins = context->saved_data["begins"].toIntVector();
    const at::Tensor &dy = gradients.front(), &z = saved[0], &B = saved[1];
    variable_list results(3 + 2 * begins.size()), parts;
    results[0] = dy;
    for (size_t i = 0; i < begins.size(); ++i) {
      const at::Tensor& C = saved[2 + i];
      parts.push_back(at::mm(dy.narrow(1, begins[i], C.size(1)), C.t()));  // [N, k_out]
    }
    const at::Tensor v = parts.size() == 1 ? parts.front() : at::cat(parts, 1);
    const at::Tensor dB = at::mm(v.t(), z);  // [sum of k_out, k_in]
    int64_t row = 0;
    for (size_t i = 0; i < begins.size(); ++i) {
      const int64_t k_out = saved[2 + i].size(0);
      results[3 + i] = dB.narrow(0, row, k_out);
      row += k_out;
    }
    if (context->needs_input_grad(1)) results[1] = at::mm(v, B);  // [N, k_in]
    return results;
  }
};

}  // namespace

at::Tensor SharedProjection::operator()(const at::Tensor& x) {
  const bool with_graph = x.requires_grad() && c10::GradMode::is_enabled();
  if (!input_.defined() || !input_.is_same(x) || projected_.requires_grad() != with_graph) {
    input_ = x;
    projected_ = at::linear(x, in_dtype(A_, x.scalar_type(), cast_));
    served_ = 0;
  }
  at::Tensor result = projected_;
  if (++served_ == users_) input_ = projected_ = at::Tensor();
  return result;
}

at::Tensor EidaLayer::add_to(at::Tensor y, const at::Tensor& x) const {
  const at::Tensor z = (*projection_)(x);
  std::vector<int64_t> begins;
  std::vector<at::Tensor> tensors;
  for (const EidaSlice& slice : slices_) {
    begins.push_back(slice.begin);
    tensors.push_back(slice.B.to(x.scalar_type()));
  }
  for (size_t i = 0; i < slices_.size(); ++i)
    tensors.push_back(in_dtype(slices_[i].C, x.scalar_type(), casts_[i]));
  return AddSlices::apply(y, z, begins, at::TensorList(tensors));
}

}  // namespace eida

#include "eida_layer.h"

#include <ATen/ops/addmm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace eida {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// y_i += z B_i^T C_i for every slice i, in place. One node for all slices of a layer: dy passes
/// through untouched, and nothing is formed of W's size.
struct AddSlices : torch::autograd::Function<AddSlices> {
  /// \param tensors B_0, C_0, B_1, C_1, …
  static at::Tensor forward(AutogradContext* context, const at::Tensor& y, const at::Tensor& z,
                            const std::vector<int64_t>& begins, at::TensorList tensors) {
    for (size_t i = 0; i < begins.size(); ++i) {
      const at::Tensor &B = tensors[2 * i], &C = tensors[2 * i + 1];
      at::Tensor slice = y.narrow(1, begins[i], C.size(1));
      slice.addmm_(at::mm(z, B.t()), C);  // [N, k_out] [k_out, d_out]
    }
    context->mark_dirty({y});
    context->saved_data["begins"] = begins;
    variable_list saved{z};
    saved.insert(saved.end(), tensors.begin(), tensors.end());
    context->save_for_backward(std::move(saved));
    return y;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const std::vector<int64_t> begins = context->saved_data["begins"].toIntVector();
    const at::Tensor &dy = gradients.front(), &z = saved.front();
    variable_list results(3 + 2 * begins.size());
    results[0] = dy;
    const bool wants_input = context->needs_input_grad(1);
    for (size_t i = 0; i < begins.size(); ++i) {
      const at::Tensor &B = saved[1 + 2 * i], &C = saved[2 + 2 * i];
      const at::Tensor v = at::mm(dy.narrow(1, begins[i], C.size(1)), C.t());  // [N, k_out]
      results[3 + 2 * i] = at::mm(v.t(), z);                                   // [k_out, k_in]
      if (!wants_input) continue;
      results[1] = results[1].defined() ? results[1].addmm_(v, B) : at::mm(v, B);  // [N, k_in]
    }
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
  const at::Tensor result = projected_;
  if (++served_ == users_) input_ = projected_ = at::Tensor();
  return result;
}

at::Tensor EidaLayer::add_to(at::Tensor y, const at::Tensor& x) const {
  const at::Tensor z = (*projection_)(x);
  std::vector<int64_t> begins;
  std::vector<at::Tensor> tensors;
  for (size_t i = 0; i < slices_.size(); ++i) {
    begins.push_back(slices_[i].begin);
    tensors.push_back(slices_[i].B.to(x.scalar_type()));
    tensors.push_back(in_dtype(slices_[i].C, x.scalar_type(), casts_[i]));
  }
  return AddSlices::apply(y, z, begins, at::TensorList(tensors));
}

}  // namespace eida

#include "eida/model/hookable_linear.h"

#include <c10/core/GradMode.h>

#include <utility>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "layers.h"

namespace eida {

at::Tensor in_dtype(const at::Tensor& parameter, at::ScalarType dtype, CastCache& cache) {
  if (!parameter.defined() || parameter.scalar_type() == dtype) return parameter;
  // A wider copy of what is kept narrow would take the memory that this saves.
  if (parameter.requires_grad() || parameter.scalar_type() != at::kFloat)
    return parameter.to(dtype);
  if (!cache.value.defined() || cache.value.scalar_type() != dtype ||
      cache.source != parameter.const_data_ptr() || cache.version != parameter._version()) {
    cache = {parameter.to(dtype), parameter.const_data_ptr(), parameter._version()};
    if (parameter.is_cpu()) release_mapped_pages(parameter.const_data_ptr(), parameter.nbytes());
  }
  return cache.value;
}

HookableLinear::HookableLinear(std::string name, at::Tensor weight, at::Tensor bias,
                               WeightLayout layout)
    : name_(std::move(name)), weight_(std::move(weight)), bias_(std::move(bias)), layout_(layout) {
  if (weight_.dim() != 2) throw FormatError("{}.weight: not a matrix", name_);
}

int64_t HookableLinear::in_features() const {
  return weight_.size(layout_ == WeightLayout::kOutIn ? 1 : 0);
}
int64_t HookableLinear::out_features() const {
  return weight_.size(layout_ == WeightLayout::kOutIn ? 0 : 1);
}

at::Tensor HookableLinear::weight_out_in() const {
  return layout_ == WeightLayout::kOutIn ? weight_ : weight_.t();
}

at::Tensor HookableLinear::product(const at::Tensor& x) const {
  const at::Tensor bias = in_dtype(bias_, x.scalar_type(), cast_bias_);
  if (packs(x, weight_)) {
    if (packed_ == nullptr || !packed_->is_of(weight_))
      packed_ = std::make_shared<PackedWeight>(weight_out_in());
    return affine(x, packed_, bias);
  }
  const at::Tensor weight = in_dtype(weight_, x.scalar_type(), cast_weight_);
  return affine(x, layout_ == WeightLayout::kOutIn ? weight : weight.t(), bias);
}

at::Tensor HookableLinear::forward(const at::Tensor& x) const {
  if (tap_ != nullptr) {
    const c10::AutoGradMode without_gradients(false);
    tap_->on_input(x.detach());
  }
  at::Tensor y = product(x);  // [N, d_out]
  if (adapter_ != nullptr) y = adapter_->add_to(std::move(y), x);
  if (tap_ != nullptr && c10::GradMode::is_enabled()) {
    // Nothing before needs a gradient: the graph starts here, and no gradient of W is ever formed.
    if (!y.requires_grad()) y.set_requires_grad(true);
    y.register_hook([tap = tap_](const at::Tensor& delta) {
      const c10::AutoGradMode without_gradients(false);
      tap->on_output_gradient(delta);
    });
  }
  return y;
}

}  // namespace eida

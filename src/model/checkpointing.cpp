#include <ATen/Context.h>
#include <ATen/core/Generator.h>
#include <ATen/ops/empty.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <mutex>

#include "autograd.h"
#include "layers.h"

namespace eida {
namespace {

using Layer = std::function<at::Tensor(const at::Tensor&)>;

at::Tensor generator_state(at::Device device) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void set_generator_state(at::Device device, const at::Tensor& state) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

struct CheckpointFunction : torch::autograd::Function<CheckpointFunction> {
  /// \param anchor requires a gradient, so that the layer's parameters get theirs even where x
  /// needs none.
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& anchor,
                            const Layer& layer) {
    keep(*context, layer);
    context->save_for_backward({x, generator_state(x.device())});
    return layer(x);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto layer = kept<Layer>(*context);
    const at::Device device = saved[0].device();
    const at::Tensor now = generator_state(device);
    set_generator_state(device, saved[1]);
    const bool wants_input = context->needs_input_grad(0);
    const at::Tensor x = saved[0].detach().set_requires_grad(wants_input);
    at::Tensor y;
    {
      const c10::AutoGradMode with_gradients(true);
      y = layer(x);
    }
    set_generator_state(device, now);
    if (y.requires_grad()) torch::autograd::backward({y}, {gradients.front()});
    return {wants_input ? x.grad() : at::Tensor(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

at::Tensor checkpointed(const Layer& layer, const at::Tensor& x) {
  if (!c10::GradMode::is_enabled()) return layer(x);
  const at::Tensor anchor = at::empty({0}, at::TensorOptions(at::kFloat)).set_requires_grad(true);
  return CheckpointFunction::apply(x, anchor, layer);
}

}  // namespace eida

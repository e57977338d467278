#include "eida/training/adamw.h"

#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

#include <algorithm>

namespace eida {

AdamW::AdamW(const FlatParameters& parameters, const AdamwOptions& options)
    : parameters_(&parameters),
      options_(options),
      first_(at::zeros_like(parameters.values())),
      second_(at::zeros_like(parameters.values())) {}

void AdamW::step(double lr, double head_lr) {
  const c10::AutoGradMode without_gradients(false);
  ++steps_;
  for (const FlatParameters::Range& range : parameters_->ranges()) {
    const auto part = [&](const at::Tensor& buffer) {
      return buffer.narrow(0, range.begin, range.size);
    };
    const at::Tensor values = part(parameters_->values()),
                     gradients = part(parameters_->gradients());
    const at::Tensor first = part(first_), second = part(second_);
    const at::Tensor steps = at::full({}, static_cast<double>(steps_), values.options());
    at::_fused_adamw_({values}, {gradients}, {first}, {second}, {}, {steps},
                      range.head ? head_lr : lr, options_.beta1, options_.beta2,
                      range.decays ? options_.weight_decay : 0.0, options_.eps,
                      /*amsgrad=*/false, /*maximize=*/false);
  }
}

at::Tensor gradient_norm(const FlatParameters& parameters) {
  return at::linalg_vector_norm(parameters.gradients(), 2, {}, /*keepdim=*/false, at::kDouble);
}

void clip_gradients(const FlatParameters& parameters, double norm, double limit) {
  const double factor = limit / (norm + 1e-6);
  if (limit > 0.0 && factor < 1.0) parameters.gradients().mul_(factor);
}

}  // namespace eida

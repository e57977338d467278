// What functions with a gradient of their own have in common.
#pragma once

#include <torch/csrc/autograd/custom_function.h>

#include <utility>

namespace eida {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Something that is no tensor, as LibTorch keeps it between forward and backward.
template <typename T>
struct Capsule : torch::CustomClassHolder {
  explicit Capsule(T kept) : value(std::move(kept)) {}
  T value;
};

template <typename T>
void keep(AutogradContext& context, T value) {
  context.saved_data["kept"] =
      at::IValue::make_capsule(c10::make_intrusive<Capsule<T>>(std::move(value)));
}

template <typename T>
T kept(AutogradContext& context) {
  return c10::static_intrusive_pointer_cast<Capsule<T>>(context.saved_data["kept"].toCapsule())
      ->value;
}

}  // namespace eida

/// Tensors of reproducible normal draws.
#pragma once

#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

#include <vector>

#include "eida/core/rng.h"

namespace eida::testing {

/// Standard normal, float32, on the CPU.
inline at::Tensor random_tensor(const std::vector<int64_t>& shape, uint64_t seed) {
  at::Tensor tensor = at::empty(shape, at::TensorOptions(at::kFloat));
  Rng rng(seed, "tensor");
  float* values = tensor.mutable_data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(rng.normal());
  return tensor;
}

}  // namespace eida::testing

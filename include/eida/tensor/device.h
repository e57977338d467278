/// Where and in which precision a model computes.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/choices.h"

namespace eida {

/// \param text auto (CUDA when there is a GPU), cpu, cuda, cuda:N.
/// \throws ConfigError on anything else, and on a GPU that is not there.
c10::Device parse_device(std::string_view text);

/// Whether this LibTorch has CUDA, whatever the machine has.
bool built_with_cuda();

/// GPUs that this process sees; 0 where LibTorch was built without CUDA.
int gpu_count();

/// kAuto: fp16 on CUDA (its training needs a loss scaler), bf16 on the CPU. \throws ConfigError
/// fp16 on the CPU.
c10::ScalarType scalar_type(Precision precision, c10::Device device);
c10::ScalarType scalar_type(WeightsType weights);  ///< float32 or bfloat16

/// fp32, bf16 or fp16. \throws ConfigError on other types
std::string precision_name(c10::ScalarType precision);

/// Copies a CPU tensor to `device`. To a GPU the copy is asynchronous, from pinned memory, and runs
/// in the order of the GPU's kernels.
at::Tensor to_device(const at::Tensor& host, c10::Device device);
/// Numbers as a tensor. // [n] int64
at::Tensor long_tensor(const std::vector<int64_t>& values, c10::Device device = c10::kCPU);

}  // namespace eida

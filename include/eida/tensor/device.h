/// Where and in which precision a model computes.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>
#include <string_view>

namespace eida {

/// \param text auto (CUDA when there is a GPU), cpu, cuda, cuda:N.
/// \throws ConfigError on anything else, and on a GPU that is not there.
c10::Device parse_device(std::string_view text);

/// GPUs that this process sees; 0 where LibTorch was built without CUDA.
int gpu_count();

/// \param text auto, fp32, bf16, fp16. auto: fp16 on CUDA (its training needs a loss scaler), bf16
/// on the CPU. \throws ConfigError on anything else, and on fp16 on the CPU.
c10::ScalarType parse_precision(std::string_view text, c10::Device device);

/// The name that parse_precision takes: fp32, bf16 or fp16. \throws ConfigError on other types
std::string precision_name(c10::ScalarType precision);

/// A tensor of the CPU on `device`. On its way to a GPU it is pinned and nothing waits for it: the
/// copy takes its turn among the GPU's kernels.
at::Tensor to_device(const at::Tensor& host, c10::Device device);

/// Most memory that tensors on a GPU took at once, in MiB; 0 for the CPU (core/system_info.h has
/// the program's).
double peak_gpu_memory_mib(c10::Device device);

/// \param text fp32 or bf16: what weights are kept in. \throws ConfigError on anything else.
c10::ScalarType parse_weights(std::string_view text);

}  // namespace eida

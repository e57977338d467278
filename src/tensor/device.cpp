#include "eida/tensor/device.h"

#include <ATen/Context.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <ATen/ops/tensor.h>

#include <charconv>

#include "eida/core/error.h"

namespace eida {
namespace {

c10::Device gpu(std::string_view text, int index) {
  const int count = gpu_count();
  if (count == 0) {
    throw ConfigError(
        "device {}: {} (hint: --device cpu)", text,
        built_with_cuda() ? "no GPU was found" : "this LibTorch was built without CUDA");
  }
  if (index >= count) throw ConfigError("device {}: only {} GPUs are there", text, count);
  return {c10::kCUDA, static_cast<c10::DeviceIndex>(index)};
}

}  // namespace

bool built_with_cuda() { return at::detail::getCUDAHooks().hasCUDART(); }

int gpu_count() {
  return at::hasCUDA() ? static_cast<int>(at::detail::getCUDAHooks().deviceCount()) : 0;
}

c10::Device parse_device(std::string_view text) {
  if (text == "cpu") return c10::kCPU;
  if (text == "auto") return gpu_count() > 0 ? c10::Device(c10::kCUDA, 0) : c10::Device(c10::kCPU);
  if (text == "cuda") return gpu(text, 0);
  constexpr std::string_view kPrefix = "cuda:";
  if (text.starts_with(kPrefix)) {
    const std::string_view digits = text.substr(kPrefix.size());
    int index = -1;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), index);
    if (fault == std::errc() && end == digits.data() + digits.size() && index >= 0 && index < 128) {
      return gpu(text, index);
    }
  }
  throw ConfigError("device '{}' is not known (wanted: auto, cpu, cuda, cuda:N)", text);
}

c10::ScalarType scalar_type(Precision precision, c10::Device device) {
  const bool cpu = device.is_cpu();
  if (precision == Precision::kAuto) return cpu ? c10::kBFloat16 : c10::kHalf;
  if (precision == Precision::kFp32) return c10::kFloat;
  if (precision == Precision::kBf16) return c10::kBFloat16;
  if (cpu)
    throw ConfigError("precision fp16 needs a GPU: on the CPU it is slow (hint: --precision bf16)");
  return c10::kHalf;
}

c10::ScalarType scalar_type(WeightsType weights) {
  return weights == WeightsType::kFp32 ? c10::kFloat : c10::kBFloat16;
}

std::string precision_name(c10::ScalarType precision) {
  if (precision == c10::kFloat) return "fp32";
  if (precision == c10::kBFloat16) return "bf16";
  if (precision == c10::kHalf) return "fp16";
  throw ConfigError("precision {} has no name", c10::toString(precision));
}

at::Tensor to_device(const at::Tensor& host, c10::Device device) {
  if (device.is_cpu() || !host.is_cpu()) return host.to(device);
  return host.pin_memory().to(device, host.scalar_type(), /*non_blocking=*/true);
}

at::Tensor long_tensor(const std::vector<int64_t>& values, c10::Device device) {
  return to_device(at::tensor(values, at::TensorOptions(at::kLong)), device);
}

}  // namespace eida

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>

#include "autograd.h"
#include "layers.h"
#include "simd.h"

namespace eida {
namespace {

/// Rows of a norm, or with `dy` of its gradient at x. T is float or BFloat16.
template <typename T>
struct RmsTask {
  const T *x, *dy;      ///< [N, d]
  const float* weight;  ///< [d]
  float offset, eps;
  float* scales;  ///< [N] 1 / root of a row's mean square
  T* out;         ///< [N, d]
  int64_t size;   ///< d
};

template <typename T>
EIDA_INLINE void normalise(const RmsTask<T>& task, int64_t row) {
  const T* x = task.x + row * task.size;
  T* out = task.out + row * task.size;
  simd::Lanes squares = {}, part, weight;
  for (int64_t i = 0; i < task.size; i += simd::kLanes) {
    simd::load_some(x + i, std::min(simd::kLanes, task.size - i), part);
    squares += part * part;
  }
  const float mean = simd::sum(squares) / static_cast<float>(task.size);
  const float scale = task.scales[row] = 1.0F / std::sqrt(mean + task.eps);
  for (int64_t i = 0; i < task.size; i += simd::kLanes) {
    const int64_t count = std::min(simd::kLanes, task.size - i);
    simd::load_some(x + i, count, part);
    simd::load_some(task.weight + i, count, weight);
    simd::store_some(part * scale * (weight + task.offset), count, out + i);
  }
}

/// With g = dy * weight and z = x * scale: dx = scale * (g - z * mean(g z)).
template <typename T>
EIDA_INLINE void differentiate(const RmsTask<T>& task, int64_t row) {
  const T *x = task.x + row * task.size, *dy = task.dy + row * task.size;
  T* out = task.out + row * task.size;
  const float scale = task.scales[row];
  simd::Lanes products = {}, part, gradient, weight;
  for (int64_t i = 0; i < task.size; i += simd::kLanes) {
    const int64_t count = std::min(simd::kLanes, task.size - i);
    simd::load_some(x + i, count, part);
    simd::load_some(dy + i, count, gradient);
    simd::load_some(task.weight + i, count, weight);
    products += part * gradient * (weight + task.offset);
  }
  const float mean = simd::sum(products) * scale * scale / static_cast<float>(task.size);
  for (int64_t i = 0; i < task.size; i += simd::kLanes) {
    const int64_t count = std::min(simd::kLanes, task.size - i);
    simd::load_some(x + i, count, part);
    simd::load_some(dy + i, count, gradient);
    simd::load_some(task.weight + i, count, weight);
    simd::store_some((gradient * (weight + task.offset) - part * mean) * scale, count, out + i);
  }
}

template <typename T>
EIDA_INLINE void norm_rows(const RmsTask<T>& task, int64_t begin, int64_t end) {
  for (int64_t row = begin; row < end; ++row) {
    if (task.dy == nullptr) {
      normalise(task, row);
    } else {
      differentiate(task, row);
    }
  }
}

EIDA_EVERY_ISA void norm_some(const RmsTask<float>& task, int64_t begin, int64_t end) {
  norm_rows(task, begin, end);
}
EIDA_EVERY_ISA void norm_some(const RmsTask<c10::BFloat16>& task, int64_t begin, int64_t end) {
  norm_rows(task, begin, end);
}

/// \param dy undefined: the norm itself. \param scales written, or read beside dy // [N, d]
template <typename T>
at::Tensor norm_all(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& weight,
                    const RmsOptions& options, const at::Tensor& scales) {
  at::Tensor out = at::empty_like(x);
  const int64_t size = x.size(1);
  const RmsTask<T> task{
      x.const_data_ptr<T>(),           dy.defined() ? dy.const_data_ptr<T>() : nullptr,
      weight.const_data_ptr<float>(),  static_cast<float>(options.offset),
      static_cast<float>(options.eps), scales.mutable_data_ptr<float>(),
      out.mutable_data_ptr<T>(),       size};
  at::parallel_for(0, x.size(0), std::max<int64_t>(1, 16384 / size),
                   [&](int64_t begin, int64_t end) { norm_some(task, begin, end); });
  return out;
}

at::Tensor norm_any(const at::Tensor& x, const at::Tensor& dy, const at::Tensor& weight,
                    const RmsOptions& options, const at::Tensor& scales) {
  return x.scalar_type() == at::kFloat ? norm_all<float>(x, dy, weight, options, scales)
                                       : norm_all<c10::BFloat16>(x, dy, weight, options, scales);
}

struct RmsFunction : torch::autograd::Function<RmsFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight,
                            const RmsOptions& options) {
    const at::Tensor scales = at::empty({x.size(0)}, x.options().dtype(at::kFloat));
    context->save_for_backward({x, weight, scales});
    keep(*context, options);
    return norm_any(x, {}, weight, options, scales);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &scales = saved[2], dy = gradients.front().contiguous();
    variable_list results(3);
    if (context->needs_input_grad(0))
      results[0] = norm_any(x, dy, saved[1], kept<RmsOptions>(*context), scales);
    if (context->needs_input_grad(1))
      results[1] = (x.to(at::kFloat) * scales.unsqueeze(1)).mul_(dy).sum(0);
    return results;
  }
};

}  // namespace

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& weight, const RmsOptions& options) {
  const bool has_kernel = x.is_cpu() && x.dim() == 2 && weight.scalar_type() == at::kFloat &&
                          (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
  if (has_kernel) return RmsFunction::apply(x.contiguous(), weight, options);
  const at::Tensor wide = x.to(at::kFloat);
  const at::Tensor scale = (wide.square().mean(-1, /*keepdim=*/true) + options.eps).rsqrt();
  return (wide * scale * (weight + options.offset)).to(x.scalar_type());
}

}  // namespace eida

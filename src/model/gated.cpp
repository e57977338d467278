#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/silu.h>

#include <algorithm>
#include <tuple>

#include "autograd.h"
#include "layers.h"
#include "simd.h"

namespace eida {
namespace {

/// Rows of a(gate) * up, or with `dy` of the gradients at both. T is float or BFloat16.
template <typename T>
struct GateTask {
  const T *gate, *up, *dy;
  int64_t gate_stride, up_stride;  ///< of the rows; all others lie end to end
  T *out, *d_gate, *d_up;          ///< out, or the two gradients
  int64_t size;
  bool tanh;  ///< GELU in its tanh form, else SiLU
};

/// Both are a(x) = x s(v(x)) with the logistic function s: v = x, or 2 sqrt(2 / pi) (x + 0.044715
/// x^3). \param value a(x) \param slope a'(x) = s + x s (1 - s) v'
EIDA_INLINE void activation_of(const simd::Lanes& x, bool tanh, simd::Lanes& value,
                               simd::Lanes& slope) {
  constexpr float kTwice = 1.5957691216057308F, kCube = 0.044715F;
  const simd::Lanes square = x * x;
  simd::Lanes v = x, derivative = simd::Lanes{} + 1.0F, small;
  if (tanh) {
    v = x * (square * kCube + 1.0F) * kTwice;
    derivative = (square * (3.0F * kCube) + 1.0F) * kTwice;
  }
  const simd::Lanes negative = v > -v ? -v : v;  // -|v|
  simd::exponential(negative, small);
  const simd::Lanes inverse = 1.0F / (small + 1.0F);
  const simd::Lanes s = v < simd::Lanes{} ? small * inverse : inverse;
  value = x * s;
  slope = s + x * (small * inverse * inverse) * derivative;
}

template <typename T>
EIDA_INLINE void gate_rows(const GateTask<T>& task, int64_t begin, int64_t end) {
  simd::Lanes gate, up, dy, value, slope;
  for (int64_t n = begin; n < end; ++n) {
    for (int64_t i = 0; i < task.size; i += simd::kLanes) {
      const int64_t count = std::min(simd::kLanes, task.size - i), at = n * task.size + i;
      simd::load_some(task.gate + n * task.gate_stride + i, count, gate);
      simd::load_some(task.up + n * task.up_stride + i, count, up);
      activation_of(gate, task.tanh, value, slope);
      if (task.dy == nullptr) {
        simd::store_some(value * up, count, task.out + at);
        continue;
      }
      simd::load_some(task.dy + at, count, dy);
      simd::store_some(dy * up * slope, count, task.d_gate + at);
      simd::store_some(dy * value, count, task.d_up + at);
    }
  }
}

EIDA_EVERY_ISA void gate_some(const GateTask<float>& task, int64_t begin, int64_t end) {
  gate_rows(task, begin, end);
}
EIDA_EVERY_ISA void gate_some(const GateTask<c10::BFloat16>& task, int64_t begin, int64_t end) {
  gate_rows(task, begin, end);
}

/// \param dy undefined: the product itself, alone in the list; else the gradients at gate and up
template <typename T>
variable_list gate_all(const at::Tensor& gate, const at::Tensor& up, const at::Tensor& dy,
                       bool tanh) {
  const int64_t rows = gate.size(0), size = gate.size(1);
  variable_list results(dy.defined() ? 2 : 1);
  for (at::Tensor& result : results) result = at::empty({rows, size}, gate.options());
  GateTask<T> task{};
  task.gate = gate.const_data_ptr<T>();
  task.up = up.const_data_ptr<T>();
  task.gate_stride = gate.stride(0);
  task.up_stride = up.stride(0);
  task.size = size;
  task.tanh = tanh;
  if (dy.defined()) {
    task.dy = dy.const_data_ptr<T>();
    task.d_gate = results[0].mutable_data_ptr<T>();
    task.d_up = results[1].mutable_data_ptr<T>();
  } else {
    task.out = results[0].mutable_data_ptr<T>();
  }
  at::parallel_for(0, rows, std::max<int64_t>(1, 16384 / size),
                   [&](int64_t begin, int64_t end) { gate_some(task, begin, end); });
  return results;
}

variable_list gate_any(const at::Tensor& gate, const at::Tensor& up, const at::Tensor& dy,
                       bool tanh) {
  return gate.scalar_type() == at::kFloat ? gate_all<float>(gate, up, dy, tanh)
                                          : gate_all<c10::BFloat16>(gate, up, dy, tanh);
}

struct GateFunction : torch::autograd::Function<GateFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& gate, const at::Tensor& up,
                            bool tanh) {
    context->save_for_backward({gate, up});
    context->saved_data["tanh"] = tanh;
    return gate_any(gate, up, {}, tanh).front();
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    variable_list results = gate_any(saved[0], saved[1], gradients.front().contiguous(),
                                     context->saved_data["tanh"].toBool());
    results.emplace_back();  // the choice has none
    return results;
  }
};

}  // namespace

at::Tensor sigmoid_gated(const at::Tensor& gate, const at::Tensor& up, bool tanh) {
  const auto dtype = gate.scalar_type();
  const bool has_kernel = gate.is_cpu() && up.scalar_type() == dtype && gate.stride(1) == 1 &&
                          up.stride(1) == 1 && (dtype == at::kFloat || dtype == at::kBFloat16);
  if (has_kernel) return GateFunction::apply(gate, up, tanh);
  return (tanh ? tanh_gelu(gate) : at::silu(gate)) * up;
}

}  // namespace eida

#include "rotary.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/outer.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <bit>
#include <cmath>

#include "autograd.h"
#include "simd.h"

namespace eida {
namespace {

/// Rows to turn. T is float or BFloat16.
template <typename T>
struct TurnTask {
  const T* x;            ///< rows `stride` apart
  const float* table;    ///< [P, 2, half]
  const int64_t* place;  ///< [N]
  T* out;                ///< [N, heads * 2 * half]
  int64_t stride, heads, half;
  float sign;  ///< -1 turns back
};

template <typename T>
EIDA_INLINE void turn_rows(const TurnTask<T>& task, int64_t begin, int64_t end) {
  simd::Lanes cosine, sine, first, second;
  for (int64_t n = begin; n < end; ++n) {
    const float* angles = task.table + task.place[n] * 2 * task.half;
    for (int64_t i = 0; i < task.half; i += simd::kLanes) {
      const int64_t count = std::min(simd::kLanes, task.half - i);
      simd::load_some(angles + i, count, cosine);
      simd::load_some(angles + task.half + i, count, sine);
      sine *= task.sign;
      const T* x = task.x + n * task.stride + i;
      T* out = task.out + n * task.heads * 2 * task.half + i;
      for (int64_t h = 0; h < task.heads; ++h, x += 2 * task.half, out += 2 * task.half) {
        simd::load_some(x, count, first);
        simd::load_some(x + task.half, count, second);
        simd::store_some(first * cosine - second * sine, count, out);
        simd::store_some(second * cosine + first * sine, count, out + task.half);
      }
    }
  }
}

EIDA_EVERY_ISA void turn_some(const TurnTask<float>& task, int64_t begin, int64_t end) {
  turn_rows(task, begin, end);
}
EIDA_EVERY_ISA void turn_some(const TurnTask<c10::BFloat16>& task, int64_t begin, int64_t end) {
  turn_rows(task, begin, end);
}

template <typename T>
at::Tensor turn_all(const at::Tensor& x, const at::Tensor& table, const at::Tensor& positions,
                    float sign) {
  const int64_t half = table.size(2), width = x.size(1);
  at::Tensor out = at::empty({x.size(0), width}, x.options());
  const TurnTask<T> task{x.const_data_ptr<T>(),
                         table.const_data_ptr<float>(),
                         positions.const_data_ptr<int64_t>(),
                         out.mutable_data_ptr<T>(),
                         x.stride(0),
                         width / (2 * half),
                         half,
                         sign};
  at::parallel_for(0, x.size(0), std::max<int64_t>(1, 16384 / width),
                   [&](int64_t begin, int64_t end) { turn_some(task, begin, end); });
  return out;
}

at::Tensor turn(const at::Tensor& x, const at::Tensor& table, const at::Tensor& positions,
                float sign) {
  const at::Tensor rows = x.stride(1) == 1 ? x : x.contiguous();
  return x.scalar_type() == at::kFloat ? turn_all<float>(rows, table, positions, sign)
                                       : turn_all<c10::BFloat16>(rows, table, positions, sign);
}

struct TurnFunction : torch::autograd::Function<TurnFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& table,
                            const at::Tensor& positions) {
    context->save_for_backward({table, positions});
    return turn(x, table, positions, 1.0F);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const auto saved = context->get_saved_variables();
    return {turn(gradients.front(), saved[0], saved[1], -1.0F), at::Tensor(), at::Tensor()};
  }
};

/// With operators that every device has.
at::Tensor turn_with_operators(const at::Tensor& x, const at::Tensor& table,
                               const at::Tensor& positions) {
  const int64_t half = table.size(2);
  const auto angles = table.index_select(0, positions).unsqueeze(1).unbind(2);  // [N, 1, half]
  const auto halves =
      x.reshape({x.size(0), x.size(1) / (2 * half), 2, half}).to(at::kFloat).unbind(2);
  return at::cat({halves[0] * angles[0] - halves[1] * angles[1],
                  halves[1] * angles[0] + halves[0] * angles[1]},
                 2)
      .view({x.size(0), x.size(1)})
      .to(x.scalar_type());
}

}  // namespace

at::Tensor rotary_frequencies(const RotarySpec& spec, int64_t head_dim) {
  const at::TensorOptions options(at::kFloat);
  const at::Tensor exponents = at::arange(0, head_dim, 2, options) / head_dim;
  at::Tensor plain = at::pow(spec.base, exponents).reciprocal();
  if (spec.scaling == RotarySpec::Scaling::kNone) return plain;
  if (spec.scaling == RotarySpec::Scaling::kLinear) return plain / spec.factor;
  // Source: transformers, _compute_llama3_parameters.
  const auto original = static_cast<double>(spec.original_positions);
  const at::Tensor length = plain.reciprocal() * (2.0 * M_PI);
  const at::Tensor slow = length > original / spec.low_factor;
  const at::Tensor scaled = at::where(slow, plain / spec.factor, plain);
  const at::Tensor share =
      (length.reciprocal() * original - spec.low_factor) / (spec.high_factor - spec.low_factor);
  const at::Tensor between = (-share + 1) * scaled / spec.factor + share * scaled;
  return at::where((length < original / spec.high_factor).logical_or(slow), scaled, between);
}

RotaryTable::RotaryTable(const RotarySpec& spec, int64_t head_dim, at::Device device)
    : spec_(spec), device_(device), frequencies_(rotary_frequencies(spec, head_dim)) {}

const at::Tensor& RotaryTable::rows(int64_t length) {
  if (rows_.defined() && rows_.size(0) >= length) return rows_;
  const auto count = static_cast<int64_t>(std::bit_ceil(static_cast<uint64_t>(length)));
  const at::Tensor angles =
      at::outer(at::arange(count, at::TensorOptions(at::kFloat)), frequencies_);
  rows_ = at::stack({angles.cos(), angles.sin()}, 1).to(device_);
  return rows_;
}

at::Tensor rotate(const at::Tensor& x, const at::Tensor& table, const at::Tensor& positions) {
  const bool has_kernel =
      x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
  return has_kernel ? TurnFunction::apply(x, table, positions)
                    : turn_with_operators(x, table, positions);
}

}  // namespace eida

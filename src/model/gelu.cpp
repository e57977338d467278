#include <ATen/Parallel.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/gelu.h>

#include <algorithm>

#include "autograd.h"
#include "layers.h"
#include "simd.h"

namespace eida {
namespace {

using simd::Lanes;

/// y = gelu(x), or dx = dy gelu'(x) where dy is given.
struct GeluTask {
  const c10::BFloat16 *x, *dy;
  c10::BFloat16* out;
};

/// With 1 + tanh(u) = 2 sigmoid(2 u): gelu(x) = x s, gelu'(x) = s + x s (1 - s) v', s = sigmoid(v),
/// v = 2 u.
EIDA_INLINE void gelu_lanes(const Lanes& x, const Lanes* dy, Lanes& out) {
  constexpr float kTwice = 1.5957691216057308F;  // 2 sqrt(2 / pi)
  constexpr float kCube = 0.044715F;
  const Lanes square = x * x;
  const Lanes v = x * (square * kCube + 1.0F) * kTwice;
  const Lanes negative = v > -v ? -v : v;  // -|v|
  Lanes small;
  simd::exponential(negative, small);
  const Lanes inverse = 1.0F / (small + 1.0F);
  const Lanes s = v < Lanes{} ? small * inverse : inverse;
  if (dy == nullptr) {
    out = x * s;
    return;
  }
  const Lanes rest = small * inverse * inverse;  // s (1 - s)
  out = *dy * (s + x * rest * (square * (3.0F * kCube) + 1.0F) * kTwice);
}

EIDA_EVERY_ISA void gelu_some(const GeluTask& task, int64_t begin, int64_t end) {
  for (int64_t from = begin; from < end; from += simd::kLanes) {
    const int64_t size = std::min(simd::kLanes, end - from);
    c10::BFloat16 x_part[simd::kLanes] = {}, dy_part[simd::kLanes] = {}, out_part[simd::kLanes];
    const bool whole = size == simd::kLanes;
    if (!whole) {
      std::copy_n(task.x + from, size, x_part);
      if (task.dy != nullptr) std::copy_n(task.dy + from, size, dy_part);
    }
    Lanes x, dy, out;
    simd::load(whole ? task.x + from : x_part, x);
    if (task.dy != nullptr) simd::load(whole ? task.dy + from : dy_part, dy);
    gelu_lanes(x, task.dy == nullptr ? nullptr : &dy, out);
    simd::store(out, whole ? task.out + from : out_part);
    if (!whole) std::copy_n(out_part, size, task.out + from);
  }
}

/// \param dy undefined: the function itself. \return contiguous
at::Tensor computed(const at::Tensor& x, const at::Tensor& dy) {
  at::Tensor out = at::empty_like(x);
  const GeluTask task{x.const_data_ptr<c10::BFloat16>(),
                      dy.defined() ? dy.const_data_ptr<c10::BFloat16>() : nullptr,
                      out.mutable_data_ptr<c10::BFloat16>()};
  const int64_t blocks = (x.numel() + simd::kLanes - 1) / simd::kLanes;
  at::parallel_for(0, blocks, 1024, [&](int64_t begin, int64_t end) {
    gelu_some(task, begin * simd::kLanes, std::min(x.numel(), end * simd::kLanes));
  });
  return out;
}

struct GeluFunction : torch::autograd::Function<GeluFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x) {
    context->save_for_backward({x});
    return computed(x, {});
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    return {computed(context->get_saved_variables().front(), gradients.front().contiguous())};
  }
};

}  // namespace

at::Tensor tanh_gelu(const at::Tensor& x) {
  if (!x.is_cpu() || x.scalar_type() != at::kBFloat16) return at::gelu(x, "tanh");
  return GeluFunction::apply(x.contiguous());
}

}  // namespace eida

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/empty_like.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <mutex>
#include <optional>

#include "autograd.h"
#include "layers.h"
#include "simd.h"

namespace eida {
namespace {

constexpr int64_t kDraws = 4;  ///< 16-bit values in one 64-bit hash
constexpr int64_t kChunk = 8 * kDraws;

using Words = uint64_t __attribute__((vector_size(64)));
using Draws = uint16_t __attribute__((vector_size(64)));

/// What decides which entries stay: probabilities are multiples of 2^-16, and the scale fits them.
struct Mask {
  Mask(uint64_t draw, double probability)
      : key(draw),
        dropped(static_cast<uint32_t>(std::lround(probability * 65536.0))),
        scale(dropped == 65536 ? 0.0F : 65536.0F / static_cast<float>(65536 - dropped)) {}
  uint64_t key;
  uint32_t dropped;  ///< of 65536
  float scale;
};

/// What entries `begin` .. `begin` + 31 are multiplied with; `begin` is a multiple of 32. The draws
/// are SplitMix64's finaliser of a counter: a hash whose bits are independent enough for four
/// uniform values each.
EIDA_INLINE void factors(const Mask& mask, int64_t begin, float* to) {
  constexpr Words kOrder = {0, 1, 2, 3, 4, 5, 6, 7};
  Words value = mask.key + 0x9e3779b97f4a7c15ULL * (kOrder + static_cast<uint64_t>(begin / kDraws));
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
  value ^= value >> 31;
  Draws draws;
  std::memcpy(&draws, &value, sizeof(draws));
  for (int64_t i = 0; i < kChunk; ++i) to[i] = draws[i] >= mask.dropped ? mask.scale : 0.0F;
}

/// y = mask * x, plus `residual` where there is one. T is float or BFloat16.
template <typename T>
struct DropTask {
  Mask mask;
  const T *x, *residual;
  T* y;
  int64_t count;
};

/// Entries `from` .. `to`-1, at most sixteen.
template <typename T>
EIDA_INLINE void drop_few(const DropTask<T>& task, const float* factor, int64_t from, int64_t to) {
  if (to - from == simd::kLanes) {
    simd::Lanes x, scale, residual = {};
    simd::load(task.x + from, x);
    simd::load(factor, scale);
    if (task.residual != nullptr) simd::load(task.residual + from, residual);
    simd::store(x * scale + residual, task.y + from);
    return;
  }
  for (int64_t i = from; i < to; ++i) {
    const float residual = task.residual == nullptr ? 0.0F : static_cast<float>(task.residual[i]);
    task.y[i] = static_cast<T>(static_cast<float>(task.x[i]) * factor[i - from] + residual);
  }
}

/// Entries from `begin`, a multiple of 32, to `end`.
template <typename T>
EIDA_INLINE void drop_range(const DropTask<T>& task, int64_t begin, int64_t end) {
  float factor[kChunk];
  for (int64_t from = begin; from < end; from += kChunk) {
    factors(task.mask, from, factor);
    for (int64_t i = 0; i < kChunk && from + i < end; i += simd::kLanes)
      drop_few(task, factor + i, from + i, std::min(end, from + i + simd::kLanes));
  }
}

EIDA_EVERY_ISA void drop_some(const DropTask<float>& task, int64_t begin, int64_t end) {
  drop_range(task, begin, end);
}
EIDA_EVERY_ISA void drop_some(const DropTask<c10::BFloat16>& task, int64_t begin, int64_t end) {
  drop_range(task, begin, end);
}

template <typename T>
void apply(const DropTask<T>& task) {
  const int64_t chunks = (task.count + kChunk - 1) / kChunk;
  at::parallel_for(0, chunks, 1024, [&](int64_t begin, int64_t end) {
    drop_some(task, begin * kChunk, std::min(task.count, end * kChunk));
  });
}

at::Tensor masked(const Mask& mask, const at::Tensor& x,
                  const std::optional<at::Tensor>& residual) {
  at::Tensor y = at::empty_like(x);
  const auto run = [&]<typename T>() {
    apply(DropTask<T>{mask, x.const_data_ptr<T>(),
                      residual ? residual->const_data_ptr<T>() : nullptr, y.mutable_data_ptr<T>(),
                      x.numel()});
  };
  if (x.scalar_type() == at::kBFloat16) {
    run.operator()<at::BFloat16>();
  } else {
    run.operator()<float>();
  }
  return y;
}

struct DropFunction : torch::autograd::Function<DropFunction> {
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x,
                            const std::optional<at::Tensor>& residual, int64_t draw,
                            double probability) {
    const Mask mask(static_cast<uint64_t>(draw), probability);
    keep(*context, mask);
    context->saved_data["residual"] = residual.has_value();
    return masked(mask, x, residual);
  }
  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const at::Tensor dy = gradients.front().contiguous();
    return {masked(kept<Mask>(*context), dy, std::nullopt),
            context->saved_data["residual"].toBool() ? dy : at::Tensor(), at::Tensor(),
            at::Tensor()};
  }
};

int64_t draw_key(at::Device device) {
  at::Generator generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return static_cast<int64_t>(at::check_generator<at::CPUGeneratorImpl>(generator)->random64());
}

bool has_kernel(const at::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16);
}

}  // namespace

at::Tensor drop(const at::Tensor& x, double probability, bool training) {
  if (!training || probability <= 0.0) return x;
  if (!has_kernel(x)) return at::dropout(x, probability, true);
  return DropFunction::apply(x.contiguous(), std::optional<at::Tensor>(), draw_key(x.device()),
                             probability);
}

at::Tensor drop_add(const at::Tensor& x, const at::Tensor& residual, double probability,
                    bool training) {
  const bool fused =
      training && probability > 0.0 && has_kernel(x) && residual.scalar_type() == x.scalar_type();
  if (!fused) return drop(x, probability, training) + residual;
  return DropFunction::apply(x.contiguous(), std::optional(residual.contiguous()),
                             draw_key(x.device()), probability);
}

}  // namespace eida

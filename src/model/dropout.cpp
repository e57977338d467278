#include "dropout.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/empty_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <mutex>

namespace eida {
namespace {

constexpr int64_t kLanes = 4;  ///< 16-bit values in one 64-bit hash

/// SplitMix64's finaliser: a hash whose bits are independent enough for four uniform values.
uint64_t hash(uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebULL;
  return value ^ (value >> 31U);
}

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

/// y = mask * x, plus `residual` where there is one.
template <typename T>
void apply(const Mask& mask, const T* x, const T* residual, T* y, int64_t count) {
  const int64_t words = (count + kLanes - 1) / kLanes;
  at::parallel_for(0, words, 8192, [&](int64_t begin, int64_t end) {
    for (int64_t word = begin; word < end; ++word) {
      const uint64_t bits = hash(mask.key + 0x9e3779b97f4a7c15ULL * static_cast<uint64_t>(word));
      const int64_t stop = std::min(count, (word + 1) * kLanes);
      for (int64_t i = word * kLanes, lane = 0; i < stop; ++i, ++lane) {
        const bool stays = (bits >> (16U * static_cast<uint64_t>(lane)) & 0xffffU) >= mask.dropped;
        const float kept = stays ? static_cast<float>(x[i]) * mask.scale : 0.0F;
        y[i] = static_cast<T>(residual == nullptr ? kept : kept + static_cast<float>(residual[i]));
      }
    }
  });
}

at::Tensor masked(const Mask& mask, const at::Tensor& x, const at::Tensor& residual) {
  at::Tensor y = at::empty_like(x);
  const auto run = [&]<typename T>() {
    apply<T>(mask, x.const_data_ptr<T>(),
             residual.defined() ? residual.const_data_ptr<T>() : nullptr, y.mutable_data_ptr<T>(),
             x.numel());
  };
  if (x.scalar_type() == at::kBFloat16) {
    run.operator()<at::BFloat16>();
  } else {
    run.operator()<float>();
  }
  return y;
}

struct DropFunction : torch::autograd::Function<DropFunction> {
  /// \param inputs x, and a residual where there is one
  static at::Tensor forward(torch::autograd::AutogradContext* context, at::TensorList inputs,
                            int64_t draw, double probability) {
    context->saved_data["draw"] = draw;
    context->saved_data["probability"] = probability;
    context->saved_data["inputs"] = static_cast<int64_t>(inputs.size());
    return masked({static_cast<uint64_t>(draw), probability}, inputs.front(),
                  inputs.size() > 1 ? inputs[1] : at::Tensor());
  }
  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    const at::Tensor dy = gradients.front().contiguous();
    const Mask mask(static_cast<uint64_t>(context->saved_data["draw"].toInt()),
                    context->saved_data["probability"].toDouble());
    torch::autograd::variable_list results = {masked(mask, dy, {})};
    if (context->saved_data["inputs"].toInt() > 1) results.push_back(dy);
    results.resize(results.size() + 2);  // the draw and the probability have none
    return results;
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
  const std::array inputs = {x.contiguous()};
  return DropFunction::apply(at::TensorList(inputs), draw_key(x.device()), probability);
}

at::Tensor drop_add(const at::Tensor& x, const at::Tensor& residual, double probability,
                    bool training) {
  const bool fused =
      training && probability > 0.0 && has_kernel(x) && residual.scalar_type() == x.scalar_type();
  if (!fused) return drop(x, probability, training) + residual;
  const std::array inputs = {x.contiguous(), residual.contiguous()};
  return DropFunction::apply(at::TensorList(inputs), draw_key(x.device()), probability);
}

}  // namespace eida

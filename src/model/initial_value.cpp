#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>

#include "eida/core/rng.h"
#include "load_parameters.h"

namespace eida {
namespace {

constexpr int64_t kChunk =
    1 << 14;  ///< values of one random sub-stream: the result does not depend on threads

void fill_normal(at::Tensor& values, const ParameterSpec& spec, uint64_t seed) {
  auto* data = values.mutable_data_ptr<float>();
  const int64_t total = values.numel();
  at::parallel_for(0, (total + kChunk - 1) / kChunk, 1, [&](int64_t from, int64_t to) {
    for (int64_t chunk = from; chunk < to; ++chunk) {
      Rng rng(seed, "init:" + spec.name, static_cast<uint64_t>(chunk));
      const int64_t end = std::min(total, (chunk + 1) * kChunk);
      for (int64_t i = chunk * kChunk; i < end; ++i) {
        data[i] = static_cast<float>(spec.mean + spec.std * rng.normal());
      }
    }
  });
}

}  // namespace

at::Tensor initial_value(const ParameterSpec& spec, uint64_t seed) {
  at::Tensor values = at::empty(spec.shape, at::TensorOptions(at::kFloat));
  if (spec.std == 0.0) return values.fill_(spec.mean);
  fill_normal(values, spec, seed);
  if (spec.zero_row >= 0 && spec.zero_row < spec.shape.front())
    values.select(0, spec.zero_row).zero_();
  return values;
}

}  // namespace eida

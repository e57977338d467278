// The decoder over tokens whose predecessors are in the cache.
#include <ATen/ops/tensor.h>

#include "cached_attention.h"
#include "decoder.h"
#include "eida/tensor/device.h"

namespace eida {

at::Tensor Decoder::step(const CachedRows& rows, const KvCache& cache) {
  const at::Device device = word_table_.device();
  const auto indices = [&](const std::vector<int64_t>& values) {
    return to_device(at::tensor(values, at::TensorOptions(at::kLong)), device);
  };
  const auto stretches =
      device.is_cpu() ? std::vector<CachedStretch>() : make_stretches(rows, device);
  at::Tensor x = embed_tokens(indices(rows.ids), indices(rows.positions));  // [N, d]
  for (size_t l = 0; l < layers_.size(); ++l) {
    const at::Tensor& layer = cache.layer(l);
    x = run_layer(l, x, [&](const at::Tensor& qkv, const AttentionOptions& options) {
      store_rows(qkv, rows, layer);
      const at::Tensor q = qkv.narrow(1, 0, config_.hidden_size);
      return device.is_cpu() ? attend_on_cpu(q, rows, layer, options)
                             : attend_with_operators(q, stretches, layer, options);
    });
  }
  if (rows.scored.size() < rows.ids.size()) x = x.index_select(0, indices(rows.scored));
  return final_norm_(x);  // [M, d]
}

}  // namespace eida

// The decoder over tokens whose predecessors are in the cache.
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include "cached_attention.h"
#include "decoder.h"
#include "eida/tensor/device.h"

namespace eida {

at::Tensor Decoder::step(const CachedRows& rows, const KvCache& cache) {
  const auto indices = [&](const std::vector<int64_t>& values) {
    return to_device(at::tensor(values, at::TensorOptions(at::kLong)), device());
  };
  const auto chunks = device().is_cpu() ? std::vector<CachedChunk>() : make_chunks(rows, device());
  at::Tensor x = embed(indices(rows.ids), indices(rows.positions), {});  // [N, d]
  BlockPass pass = new_pass();
  for (size_t l = 0; l < blocks_.size(); ++l) {
    const at::Tensor& layer = cache.layer(l);
    pass.mix = [&](const Projected& in, const AttentionOptions& options) {
      store_rows(in.fused.defined() ? in.fused : at::cat({in.q, in.k, in.v}, 1), rows, layer);
      return device().is_cpu() ? attend_on_cpu(in.q, rows, layer, options)
                               : attend_with_operators(in.q, chunks, layer, options);
    };
    x = blocks_[l]->forward(x, pass);
  }
  if (rows.scored.size() < rows.ids.size()) x = x.index_select(0, indices(rows.scored));
  return final_norm_(x);  // [M, d]
}

}  // namespace eida

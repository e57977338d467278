// Attention of new tokens to what the cache holds.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "eida/model/attention.h"
#include "kv_cache.h"

namespace eida {

/// What the operators of other devices need beside CachedRows: the slots of a chunk of rows,
/// padded to the longest of them.
struct CachedChunk {
  int64_t first = 0, rows = 0;
  at::Tensor slots;  // [r * T]
  at::Tensor bias;   // [r, 1, 1, T] float32, 0 or -inf at padding
};

/// Made once a pass, used in every layer. A chunk gathers at most `gathered_slots` slots, or one
/// row.
std::vector<CachedChunk> make_chunks(const CachedRows& rows, at::Device device,
                                     int64_t gathered_slots = 16'384);

/// Writes keys and values to the rows' slots. \param qkv [N, 3 d]. \param cache [slots, 2 d]
void store_rows(const at::Tensor& qkv, const CachedRows& rows, const at::Tensor& cache);

/// softmax(scale * q k^T) v over the visible slots of each row, the sums in float32.
/// \param q [N, d], a view allowed. \param cache [slots, 2 d]. \return [N, d]
at::Tensor attend_on_cpu(const at::Tensor& q, const CachedRows& rows, const at::Tensor& cache,
                         const AttentionOptions& options);

/// The same with operators that every device has.
at::Tensor attend_with_operators(const at::Tensor& q, const std::vector<CachedChunk>& chunks,
                                 const at::Tensor& cache, const AttentionOptions& options);

}  // namespace eida

// Keys and values of the tokens that a decoder has seen, and attention of new ones to them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eida/model/attention.h"
#include "eida/model/model_config.h"

namespace eida {

/// One slot a token, the same in every layer; who owns a slot is the caller's business. Memory is
/// touched where a slot is first written.
using KvCache = std::vector<at::Tensor>;  // keys and values of each layer: [slots, 2 kv_width]
/// \param options dtype and device.
KvCache make_kv_cache(const ModelConfig& config, int64_t slots, at::TensorOptions options);

/// Tokens that a decoder takes in one pass. Row n is one token: it is written to its slot, then
/// attends to visible[begin[n]] .. visible[begin[n] + count[n] - 1], its own slot among them.
struct CachedRows {
  std::vector<int64_t> ids, positions;  // [N]
  std::vector<int32_t> slots;           // [N]
  std::vector<int64_t> begin, count;    // [N]
  std::vector<int32_t> visible;         ///< slots; rows may share chunks of it
  std::vector<int64_t> scored;          // [M] rows whose next token is asked for

  int64_t size() const { return static_cast<int64_t>(ids.size()); }
  /// Adds the next token of a sequence whose slots, its own last, end `visible`.
  void add(int64_t id, int64_t position, int64_t visible_begin, int64_t visible_count);
};

/// What the operators of other devices need beside CachedRows: the slots of a chunk of rows,
/// padded to the longest of them.
struct CachedChunk {
  int64_t first = 0, rows = 0;
  at::Tensor slots;  // [r * T]
  at::Tensor bias;   // [r, 1, 1, T] float32, 0 or -inf at padding
  at::Tensor count;  // [r, 1, 1, 1] int64 slots of each row
};

/// Made once a pass, used in every layer. A chunk gathers at most `gathered_slots` slots, or one
/// row.
std::vector<CachedChunk> make_chunks(const CachedRows& rows, at::Device device,
                                     int64_t gathered_slots = 16'384);

/// Writes keys and values to the rows' slots. \param k, v [N, kv_width], views of wider rows
/// allowed. \param cache [slots, 2 kv_width]
void store_rows(const at::Tensor& k, const at::Tensor& v, const CachedRows& rows,
                const at::Tensor& cache);

/// softmax(scale * q k^T) v over the visible slots of each row, of which a window leaves the last,
/// the sums in float32. \param q [N, h * d_h], a view allowed. \param cache [slots, 2 kv_width].
/// \return [N, h * d_h]
at::Tensor attend_on_cpu(const at::Tensor& q, const CachedRows& rows, const at::Tensor& cache,
                         const AttentionOptions& options);

/// The same with operators that every device has.
at::Tensor attend_with_operators(const at::Tensor& q, const std::vector<CachedChunk>& chunks,
                                 const at::Tensor& cache, const AttentionOptions& options);

}  // namespace eida

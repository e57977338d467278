// Keys and values of the tokens that a decoder has seen.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "eida/model/model_config.h"

namespace eida {

/// One slot a token, the same in every layer; who owns a slot is the caller's business. Memory is
/// touched where a slot is first written.
class KvCache {
 public:
  /// \param options dtype and device.
  KvCache(const ModelConfig& config, int64_t slots, at::TensorOptions options);
  const at::Tensor& layer(size_t index) const {
    return layers_[index];
  }  // [slots, 2 d]: key, value

 private:
  std::vector<at::Tensor> layers_;
};

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

}  // namespace eida

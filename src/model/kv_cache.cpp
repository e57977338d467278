#include "kv_cache.h"

#include <ATen/ops/empty.h>

namespace eida {

KvCache::KvCache(const ModelConfig& config, int64_t slots, at::TensorOptions options) {
  for (const BlockSpec& block : config.architecture->blocks)
    layers_.push_back(at::empty({slots, 2 * block.attention.kv_width()}, options));
}

void CachedRows::add(int64_t id, int64_t position, int64_t visible_begin, int64_t visible_count) {
  ids.push_back(id);
  positions.push_back(position);
  begin.push_back(visible_begin);
  count.push_back(visible_count);
  slots.push_back(visible[static_cast<size_t>(visible_begin + visible_count - 1)]);
}

}  // namespace eida

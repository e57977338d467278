// Who uses which slot of the key-value cache.
#pragma once

#include <cstdint>
#include <vector>

namespace eida {

/// Slots with counted users: branches that share their past share its slots, and a slot is free
/// again when the last branch through it is gone.
class SlotPool {
 public:
  explicit SlotPool(int64_t slots);

  /// A slot with one user. A slot must be free.
  int32_t take();
  void retain(const std::vector<int32_t>& slots);
  void release(const std::vector<int32_t>& slots);

  int64_t used() const { return used_; }
  int64_t peak() const { return peak_; }

 private:
  std::vector<int32_t> users_;  // [slots]
  std::vector<int32_t> free_;   ///< the last one is taken first
  int64_t used_ = 0, peak_ = 0;
};

}  // namespace eida

// Who uses which slot of the key-value cache.
#pragma once

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "eida/core/error.h"

namespace eida {

/// Slots with counted users: branches that share their past share its slots, and a slot is free
/// again when the last branch through it is gone.
class SlotPool {
 public:
  explicit SlotPool(int64_t slots)
      : users_(static_cast<size_t>(slots), 0), free_(static_cast<size_t>(slots)) {
    std::iota(free_.rbegin(), free_.rend(), 0);  // low slots first: memory is touched from there
  }

  /// A slot with one user. A slot must be free.
  int32_t take() {
    if (free_.empty()) throw Error(ExitCode::kInternal, "the key-value cache is full");
    const int32_t slot = free_.back();
    free_.pop_back();
    users_[static_cast<size_t>(slot)] = 1;
    peak_ = std::max(peak_, ++used_);
    return slot;
  }
  void retain(const std::vector<int32_t>& slots) {
    for (const int32_t slot : slots) ++users_[static_cast<size_t>(slot)];
  }
  void release(const std::vector<int32_t>& slots) {
    for (const int32_t slot : slots) {
      if (--users_[static_cast<size_t>(slot)] > 0) continue;
      free_.push_back(slot);
      --used_;
    }
  }

  int64_t used() const { return used_; }
  int64_t peak() const { return peak_; }

 private:
  std::vector<int32_t> users_;  // [slots]
  std::vector<int32_t> free_;   ///< the last one is taken first
  int64_t used_ = 0, peak_ = 0;
};

}  // namespace eida

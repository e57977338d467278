#include "slot_pool.h"

#include <algorithm>
#include <numeric>

#include "eida/core/error.h"

namespace eida {

SlotPool::SlotPool(int64_t slots)
    : users_(static_cast<size_t>(slots), 0), free_(static_cast<size_t>(slots)) {
  std::iota(free_.rbegin(), free_.rend(), 0);  // low slots first: memory is touched from there
}

int32_t SlotPool::take() {
  if (free_.empty()) throw Error(ExitCode::kInternal, "the key-value cache is full");
  const int32_t slot = free_.back();
  free_.pop_back();
  users_[static_cast<size_t>(slot)] = 1;
  peak_ = std::max(peak_, ++used_);
  return slot;
}

void SlotPool::retain(const std::vector<int32_t>& slots) {
  for (const int32_t slot : slots) ++users_[static_cast<size_t>(slot)];
}

void SlotPool::release(const std::vector<int32_t>& slots) {
  for (const int32_t slot : slots) {
    if (--users_[static_cast<size_t>(slot)] > 0) continue;
    free_.push_back(slot);
    --used_;
  }
}

}  // namespace eida

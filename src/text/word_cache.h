/// A cache of the ids of short pieces, and a pool that gives each thread its own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

#include "model.h"

namespace eida::text {

/// Fixed size (4 MiB, touched only as it fills): a new piece takes the place of an older one.
class WordCache {
 public:
  WordCache();

  /// Appends the ids that `model` gives for `piece`.
  void encode(const Model& model, std::string_view piece, std::vector<int32_t>& ids);
  void trim() { scratch_.trim(); }

 private:
  void encode_front(const Model& model, std::string_view front, std::vector<int32_t>& ids);

  static constexpr size_t kSlots = size_t{1} << 16;
  struct alignas(64) Slot {
    uint8_t length = 0;  ///< 0 = empty
    uint8_t count = 0;
    char piece[30] = {};
    int32_t ids[8] = {};

    bool holds(std::string_view other) const {
      return length == other.size() && std::memcmp(piece, other.data(), other.size()) == 0;
    }
  };
  struct Free {
    void operator()(Slot* slots) const;
  };

  std::unique_ptr<Slot[], Free> slots_;
  Scratch scratch_;
};

/// Hands out word caches without a lock; keeps at most kPlaces of them.
class WordCachePool {
 public:
  WordCachePool() = default;
  ~WordCachePool();
  WordCachePool(const WordCachePool&) = delete;
  WordCachePool& operator=(const WordCachePool&) = delete;

  /// A cache that no other thread has; goes back at the end of the scope.
  class Lease {
   public:
    explicit Lease(WordCachePool& pool);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    WordCache& operator*() const { return *cache_; }

   private:
    std::atomic<WordCache*>* place_;
    std::unique_ptr<WordCache> cache_;
  };

 private:
  static constexpr size_t kPlaces = 64;
  std::array<std::atomic<WordCache*>, kPlaces> places_{};
};

}  // namespace eida::text

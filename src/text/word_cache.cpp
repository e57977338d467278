#include "word_cache.h"

#include <cstdlib>
#include <new>

namespace eida::text {
namespace {

/// Mixes all bytes of a piece of 1 to 30 bytes, eight at a time with overlap.
uint64_t hash_of(std::string_view piece) {
  const auto load = [](const char* p, size_t n) {
    uint64_t value = 0;
    std::memcpy(&value, p, n);
    return value;
  };
  constexpr uint64_t kMultiplier = 0x9E3779B97F4A7C15u;
  const char* p = piece.data();
  const size_t n = piece.size();
  uint64_t hash = n;
  const auto mix = [&hash](uint64_t chunk) {
    hash = (hash ^ chunk) * kMultiplier;
    hash ^= hash >> 29;
  };
  if (n >= 8) {
    for (size_t i = 0; i + 8 < n; i += 8) mix(load(p + i, 8));
    mix(load(p + n - 8, 8));
  } else if (n >= 4) {
    mix(load(p, 4) << 32 | load(p + n - 4, 4));
  } else {
    mix(static_cast<uint64_t>(static_cast<unsigned char>(p[0])) << 16 |
        static_cast<uint64_t>(static_cast<unsigned char>(p[n / 2])) << 8 |
        static_cast<unsigned char>(p[n - 1]));
  }
  return hash * kMultiplier >> 32;
}

/// Where a thread looks first, so that threads seldom meet.
size_t own_place() {
  static std::atomic<size_t> threads{0};
  thread_local const size_t place = threads++;
  return place;
}

}  // namespace

void WordCache::Free::operator()(Slot* slots) const { std::free(slots); }

WordCache::WordCache() {
  // calloc, not new: pages come zeroed from the system and only as they are touched.
  void* memory = std::calloc(kSlots + 1, sizeof(Slot));
  if (memory == nullptr) throw std::bad_alloc();
  slots_.reset(static_cast<Slot*>(memory));
}

void WordCache::encode(const Model& model, std::string_view piece, std::vector<int32_t>& ids) {
  for (size_t size = 0; !piece.empty(); piece.remove_prefix(size)) {
    size = model.front(piece);
    encode_front(model, piece.substr(0, size), ids);
  }
}

void WordCache::encode_front(const Model& model, std::string_view piece,
                             std::vector<int32_t>& ids) {
  if (piece.size() > sizeof(Slot::piece)) return model.encode(piece, scratch_, ids);
  const size_t at = hash_of(piece) % kSlots;
  Slot* slot = &slots_[at];
  for (Slot* candidate : {slot, &slots_[at ^ 1]}) {
    if (candidate->holds(piece)) {
      ids.insert(ids.end(), candidate->ids, candidate->ids + candidate->count);
      return;
    }
  }
  const size_t before = ids.size();
  model.encode(piece, scratch_, ids);
  const size_t count = ids.size() - before;
  if (count > std::size(slot->ids)) return;
  if (slot->length != 0 && slots_[at ^ 1].length == 0) slot = &slots_[at ^ 1];
  slot->length = static_cast<uint8_t>(piece.size());
  slot->count = static_cast<uint8_t>(count);
  std::memcpy(slot->piece, piece.data(), piece.size());
  std::copy(ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end(), slot->ids);
}

WordCachePool::~WordCachePool() {
  for (auto& place : places_) delete place.load();
}

WordCachePool::Lease::Lease(WordCachePool& pool)
    : place_(&pool.places_[own_place() % kPlaces]),
      cache_(place_->exchange(nullptr, std::memory_order_acquire)) {
  if (cache_ == nullptr) cache_ = std::make_unique<WordCache>();
}

WordCachePool::Lease::~Lease() {
  cache_->trim();
  WordCache* nothing = nullptr;
  if (place_->compare_exchange_strong(nothing, cache_.get(), std::memory_order_release,
                                      std::memory_order_relaxed))
    static_cast<void>(cache_.release());
}

}  // namespace eida::text

/// Which examples, in which order, in which batches. Works on indices and lengths only.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "eida/core/rng.h"

namespace eida {

/// Batches of example indices.
using Batches = std::vector<std::vector<int64_t>>;

/// `count` distinct indices of 0..size-1 in random order.
/// \throws DataError when count is negative or exceeds size.
std::vector<int64_t> draw_examples(int64_t size, int64_t count, Rng& rng);

/// The order of one epoch: every index of 0..size-1 once. Up to kHeld indices it is a shuffle that
/// is held; beyond, a keyed bijection that is computed: 64 bytes whatever the size.
class EpochOrder {
 public:
  static constexpr int64_t kHeld = 1 << 22;

  EpochOrder(int64_t size, Rng& rng);
  int64_t size() const { return size_; }
  /// \param position 0 <= position < size().
  int64_t at(int64_t position) const;
  /// at() of begin..end-1.
  std::vector<int64_t> part(int64_t begin, int64_t end) const;

 private:
  static constexpr int kRounds = 6;
  uint64_t shuffled(uint64_t value) const;

  int64_t size_;
  std::vector<int64_t> held_;
  int half_bits_ = 0;
  std::array<uint64_t, kRounds> keys_{};
};

/// Cuts an order into batches of `batch_size`; the last may be smaller.
/// \throws ConfigError batch_size < 1.
Batches make_batches(const std::vector<int64_t>& order, int64_t batch_size);

/// Groups consecutive items so that the sizes of a group sum up to `most` or less; a larger item is
/// a group of its own. \return indices of the items, in order
Batches group_consecutive(const std::vector<int64_t>& sizes, int64_t most);

/// Sorts a chunk of an epoch by length (equal lengths keep their order), cuts it into batches and
/// shuffles these, so that the position in an epoch says nothing about length. A smaller last batch
/// stays last. How much is drawn from `rng` depends on the number of items alone.
/// \param lengths tokens of each item. \return positions in `lengths`
/// \throws ConfigError batch_size < 1.
Batches length_grouped_batches(const std::vector<int64_t>& lengths, int64_t batch_size, Rng& rng);

}  // namespace eida

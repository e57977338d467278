#include "eida/data/batching.h"

#include <algorithm>
#include <bit>
#include <numeric>
#include <utility>

#include "eida/core/error.h"

namespace eida {
namespace {

/// Batches in random order, except for a smaller last one.
Batches shuffled(Batches batches, int64_t batch_size, Rng& rng) {
  if (batches.empty()) return batches;
  auto full = static_cast<int64_t>(batches.size());
  if (static_cast<int64_t>(batches.back().size()) < batch_size) --full;
  Batches order;
  for (const int64_t i : rng.permutation(full))
    order.push_back(std::move(batches[static_cast<size_t>(i)]));
  if (full < static_cast<int64_t>(batches.size())) order.push_back(std::move(batches.back()));
  return order;
}

}  // namespace

std::vector<int64_t> draw_examples(int64_t size, int64_t count, Rng& rng) {
  if (count < 0 || count > size) {
    throw DataError(
        "{} examples asked, there are {} (hint: lower the number of examples or give a larger "
        "file)",
        count, size);
  }
  return rng.sample(size, count);
}

EpochOrder::EpochOrder(int64_t size, Rng& rng) : size_(size) {
  if (size <= kHeld) {
    held_ = rng.permutation(size);
    return;
  }
  half_bits_ = (std::bit_width(static_cast<uint64_t>(size - 1)) + 1) / 2;
  for (uint64_t& key : keys_) key = rng.next();
}

/// A Feistel network on 2 * half_bits_ bits: a bijection whatever its round function is. Source:
/// Luby and Rackoff (1988); six rounds with the finaliser of SplitMix64.
uint64_t EpochOrder::shuffled(uint64_t value) const {
  const uint64_t mask = (uint64_t{1} << half_bits_) - 1;
  uint64_t left = value >> half_bits_, right = value & mask;
  for (const uint64_t key : keys_) {
    const uint64_t mixed = mix_bits(right + key) & mask;
    left = std::exchange(right, left ^ mixed);
  }
  return left << half_bits_ | right;
}

int64_t EpochOrder::at(int64_t position) const {
  if (!held_.empty()) return held_[static_cast<size_t>(position)];
  // The network permutes up to four times as many values: on along its cycle until one is ours.
  auto value = static_cast<uint64_t>(position);
  do {
    value = shuffled(value);
  } while (value >= static_cast<uint64_t>(size_));
  return static_cast<int64_t>(value);
}

std::vector<int64_t> EpochOrder::part(int64_t begin, int64_t end) const {
  std::vector<int64_t> indices;
  for (int64_t i = begin; i < end; ++i) indices.push_back(at(i));
  return indices;
}

Batches make_batches(const std::vector<int64_t>& order, int64_t batch_size) {
  if (batch_size < 1) throw ConfigError("batch_size: {} is below 1", batch_size);
  Batches batches;
  const auto size = static_cast<int64_t>(order.size());
  for (int64_t begin = 0; begin < size; begin += batch_size) {
    const int64_t count = std::min(batch_size, size - begin);
    batches.emplace_back(order.begin() + begin, order.begin() + begin + count);
  }
  return batches;
}

Batches group_consecutive(const std::vector<int64_t>& sizes, int64_t most) {
  Batches groups;
  int64_t sum = 0;
  for (size_t i = 0; i < sizes.size(); ++i) {
    if (groups.empty() || sum + sizes[i] > most) {
      groups.emplace_back();
      sum = 0;
    }
    groups.back().push_back(static_cast<int64_t>(i));
    sum += sizes[i];
  }
  return groups;
}

Batches length_grouped_batches(const std::vector<int64_t>& lengths, int64_t batch_size, Rng& rng) {
  std::vector<int64_t> by_length(lengths.size());
  std::iota(by_length.begin(), by_length.end(), 0);
  std::stable_sort(by_length.begin(), by_length.end(), [&](int64_t a, int64_t b) {
    return lengths[static_cast<size_t>(a)] < lengths[static_cast<size_t>(b)];
  });
  return shuffled(make_batches(by_length, batch_size), batch_size, rng);
}

}  // namespace eida

/// Which examples, in which order, in which batches. Works on indices and lengths only.
#pragma once

#include <cstdint>
#include <vector>

#include "eida/core/rng.h"

namespace eida {

/// Batches of example indices.
using Batches = std::vector<std::vector<int64_t>>;

/// `count` distinct indices of 0..size-1 in random order.
/// \throws DataError when count is negative or exceeds size.
std::vector<int64_t> draw_examples(int64_t size, int64_t count, Rng& rng);

/// A random permutation of 0..size-1: the order of one epoch.
std::vector<int64_t> epoch_order(int64_t size, Rng& rng);

/// Cuts an order into batches of `batch_size`; the last may be smaller.
/// \throws ConfigError batch_size < 1.
Batches make_batches(const std::vector<int64_t>& order, int64_t batch_size);

/// Consecutive items in groups: the next item joins as long as the group's sizes sum up to `most`;
/// a larger item is a group of its own. Numbers of the items, in order.
Batches group_consecutive(const std::vector<int64_t>& sizes, int64_t most);

/// Batches of similar length: each window of `window` batches of `order` is sorted by length
/// (equal lengths keep their order) and cut; the window's batches then come in random order, so
/// that length says nothing about the position in an epoch. A smaller last batch stays last.
/// \param lengths tokens of each example, by index.
/// \throws ConfigError batch_size or window < 1.
/// \throws DataError an index of `order` has no length.
Batches length_grouped_batches(const std::vector<int64_t>& lengths,
                               const std::vector<int64_t>& order, int64_t batch_size, Rng& rng,
                               int64_t window = 50);

}  // namespace eida

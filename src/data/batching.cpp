#include "eida/data/batching.h"

#include <algorithm>

#include "eida/core/error.h"

namespace eida {
namespace {

void check_positive(const char* what, int64_t value) {
  if (value < 1) throw ConfigError("{}: {} is below 1", what, value);
}

/// Batches of one window in random order, except for a smaller last one.
void append_shuffled(Batches window, int64_t batch_size, Rng& rng, Batches& batches) {
  auto full = static_cast<int64_t>(window.size());
  if (static_cast<int64_t>(window.back().size()) < batch_size) --full;
  for (const int64_t i : rng.permutation(full))
    batches.push_back(std::move(window[static_cast<size_t>(i)]));
  if (full < static_cast<int64_t>(window.size())) batches.push_back(std::move(window.back()));
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

std::vector<int64_t> epoch_order(int64_t size, Rng& rng) { return rng.permutation(size); }

Batches make_batches(const std::vector<int64_t>& order, int64_t batch_size) {
  check_positive("batch_size", batch_size);
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

Batches length_grouped_batches(const std::vector<int64_t>& lengths,
                               const std::vector<int64_t>& order, int64_t batch_size, Rng& rng,
                               int64_t window) {
  check_positive("batch_size", batch_size);
  check_positive("window", window);
  for (const int64_t i : order) {
    if (i < 0 || i >= static_cast<int64_t>(lengths.size())) {
      throw DataError("example {} has no length, there are {}", i, lengths.size());
    }
  }
  const auto size = static_cast<int64_t>(order.size());
  const int64_t span = std::min(window, size / batch_size + 1) * batch_size;
  Batches batches;
  for (int64_t begin = 0; begin < size; begin += span) {
    const int64_t end = std::min(begin + span, size);
    std::vector<int64_t> part(order.begin() + begin, order.begin() + end);
    std::stable_sort(part.begin(), part.end(), [&](int64_t a, int64_t b) {
      return lengths[static_cast<size_t>(a)] < lengths[static_cast<size_t>(b)];
    });
    append_shuffled(make_batches(part, batch_size), batch_size, rng, batches);
  }
  return batches;
}

}  // namespace eida

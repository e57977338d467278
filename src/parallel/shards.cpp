#include "eida/parallel/shards.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

namespace eida {

Shard shard_of(const std::vector<int64_t>& costs, int rank, int size) {
  const auto total = std::accumulate(costs.begin(), costs.end(), int64_t{0});
  const auto items = static_cast<int64_t>(costs.size());
  Shard shard{items, items};
  int64_t before = 0;
  for (int64_t item = 0; item < items; ++item) {
    // An item goes to the process whose equal part of the whole it begins in.
    const int64_t owner = total > 0 ? std::min<int64_t>(size - 1, before * size / total) : 0;
    before += costs[static_cast<size_t>(item)];
    if (owner >= rank) shard.begin = std::min(shard.begin, item);
    if (owner > rank) {
      shard.end = item;
      break;
    }
  }
  return shard;
}

std::vector<int> share_out(const std::vector<double>& costs, int size) {
  std::vector<size_t> order(costs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return costs[a] > costs[b]; });
  using Load = std::pair<double, int>;  // of a process
  std::priority_queue<Load, std::vector<Load>, std::greater<>> idlest;
  for (int process = 0; process < size; ++process) idlest.emplace(0.0, process);
  std::vector<int> owners(costs.size(), 0);
  for (const size_t item : order) {
    const auto [load, process] = idlest.top();
    idlest.pop();
    idlest.emplace(load + costs[item], process);
    owners[item] = process;
  }
  return owners;
}

std::function<void(int64_t)> scaled_progress(std::function<void(int64_t)> progress, int64_t mine,
                                             int64_t all) {
  if (!progress || mine == all || mine == 0) return progress;
  return [progress = std::move(progress), mine, all, done = int64_t{0}](int64_t steps) mutable {
    const int64_t before = done * all / mine;
    done += steps;
    progress(done * all / mine - before);
  };
}

}  // namespace eida

#include "eida/parallel/communicator.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <numeric>
#include <queue>

namespace eida {

const Communicator& Communicator::single() {
  static const Communicator alone;
  return alone;
}

bool ask_root(const Communicator& processes, const std::function<bool()>& ask) {
  std::string answer = processes.is_root() && ask() ? "yes" : "no";
  processes.broadcast(answer);
  return answer == "yes";
}

at::Tensor all_gather_rows(const Communicator& processes, const at::Tensor& rows) {
  if (processes.size() == 1) return rows;
  at::Tensor all = processes.gather_rows(rows);
  std::string count = std::to_string(all.size(0));
  processes.broadcast(count);
  if (!processes.is_root()) all = at::empty({std::stoll(count), rows.size(1)}, rows.options());
  processes.broadcast(all);
  return all;
}

std::vector<std::string> all_gather(const Communicator& processes, const std::string& bytes) {
  std::vector<std::string> all(static_cast<size_t>(processes.size()), bytes);
  for (int from = 0; from < processes.size(); ++from)
    processes.broadcast(all[static_cast<size_t>(from)], from);
  return all;
}

Shard shard_of(const std::vector<int64_t>& costs, int index, int size) {
  const auto total = std::accumulate(costs.begin(), costs.end(), int64_t{0});
  const auto items = static_cast<int64_t>(costs.size());
  Shard shard{items, items};
  int64_t before = 0;
  for (int64_t item = 0; item < items; ++item) {
    // An item goes to the process whose equal part of the whole it begins in.
    const int64_t owner = total > 0 ? std::min<int64_t>(size - 1, before * size / total) : 0;
    before += costs[static_cast<size_t>(item)];
    if (owner >= index) shard.begin = std::min(shard.begin, item);
    if (owner > index) {
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

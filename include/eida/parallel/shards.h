/// Who does what.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace eida {

/// Items begin .. end-1 of a list.
struct Shard {
  int64_t begin = 0, end = 0;
  int64_t size() const { return end - begin; }
};

/// The consecutive items of process `rank`: the shards follow each other in the order of the
/// processes and cost about the same. Fewer items than processes leave some without.
/// \param costs of each item, >= 0, for example its tokens
Shard shard_of(const std::vector<int64_t>& costs, int rank, int size);

/// The process that does each item, where their order does not matter: the dearest first, each to
/// the process that has least to do. \param costs of each item, >= 0
std::vector<int> share_out(const std::vector<double>& costs, int size);

/// The progress of all processes, about, from this one's: told of `mine` steps, it tells of `all`.
std::function<void(int64_t)> scaled_progress(std::function<void(int64_t)> progress, int64_t mine,
                                             int64_t all);

}  // namespace eida

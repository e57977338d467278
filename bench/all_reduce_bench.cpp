/// Times the sum over processes that a training step takes; prints one JSON line a size.
/// mpirun -n 2 eida_all_reduce_bench [FLOATS…] (docs/scaling.md)
#include <ATen/ops/ones.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/stopwatch.h"
#include "eida/parallel/run_ranks.h"

namespace {

int64_t parse(std::string_view text) {
  int64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value < 1)
    throw eida::ConfigError("'{}' is not a number of floats", text);
  return value;
}

/// Seconds of one sum, the median and the least of `repeats`.
std::pair<double, double> time_sum(const eida::Communicator& processes, int64_t floats,
                                   int repeats) {
  const at::Tensor values = at::ones({floats});
  std::vector<double> seconds;
  for (int i = 0; i < repeats; ++i) {
    processes.barrier();
    const auto start = std::chrono::steady_clock::now();
    processes.all_reduce(values);
    seconds.push_back(eida::seconds_since(start));
  }
  std::sort(seconds.begin(), seconds.end());
  return {seconds[seconds.size() / 2], seconds.front()};
}

int run(const eida::Communicator& processes, const std::vector<int64_t>& sizes) {
  for (const int64_t floats : sizes) {
    const auto [median, least] = time_sum(processes, floats, floats < 10'000'000 ? 200 : 10);
    if (!processes.is_root()) continue;
    const nlohmann::ordered_json line = {{"processes", processes.size()},
                                         {"floats", floats},
                                         {"bytes", 4 * floats},
                                         {"median_ms", 1e3 * median},
                                         {"least_ms", 1e3 * least}};
    fmt::print("{}\n", line.dump());
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return eida::run_ranks("eida_all_reduce_bench", [&](const eida::Communicator& processes) {
    std::vector<int64_t> sizes;
    for (int i = 1; i < argc; ++i) sizes.push_back(parse(argv[i]));
    if (sizes.empty()) sizes = {4, 150'018, 1'000'000, 25'000'000};
    return run(processes, sizes);
  });
}

#include "eida/core/system_info.h"

#include <fmt/chrono.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <limits>

#include "eida/core/error.h"
#include "eida_revision.h"  // made by git_revision.cmake: EIDA_VERSION, EIDA_GIT_REVISION

namespace eida {
namespace {

namespace fs = std::filesystem;

/// Names of a version's files.
struct Names {
  const char *limit, *used, *cache;  ///< cache: of pages that can be given back, in memory.stat
};
constexpr Names kFirst{"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"};
constexpr Names kSecond{"memory.max", "memory.current", "inactive_file"};

/// The number that a file holds alone; 0 where there is none, or a word as "max".
double number_in(const fs::path& file) {
  double number = 0.0;
  std::ifstream(file) >> number;
  return number;
}

/// The number behind a key, as /proc/meminfo and memory.stat have them; 0 without it.
double keyed_number(const fs::path& file, const std::string& key) {
  std::ifstream stream(file);
  std::string word;
  double number = 0.0;
  while (stream >> word) {
    if (word == key && stream >> number) return number;
  }
  return 0.0;
}

/// Bytes that a group and those above it leave. In a container the group's path may be the host's,
/// of which only the root is there.
double bytes_left(const fs::path& root, fs::path group, const Names& names) {
  double least = std::numeric_limits<double>::infinity();
  for (;; group = group.parent_path()) {
    const fs::path folder = root / group.relative_path();
    const double limit = number_in(folder / names.limit);
    if (limit > 0) {
      const double used =
          number_in(folder / names.used) - keyed_number(folder / "memory.stat", names.cache);
      least = std::min(least, std::max(0.0, limit - used));
    }
    if (!group.has_relative_path()) return least;
  }
}

/// What `ulimit -v` leaves; infinite where nothing is limited.
double address_space_left_mib() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
    return std::numeric_limits<double>::infinity();
  const double used = keyed_number("/proc/self/status", "VmSize:") / 1024.0;
  return std::max(0.0, static_cast<double>(limit.rlim_cur) / (1 << 20) - used);
}

}  // namespace

std::string version() { return EIDA_VERSION; }

std::string git_revision() { return EIDA_GIT_REVISION; }

std::string utc_iso(std::chrono::system_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto since_epoch = std::chrono::floor<milliseconds>(time.time_since_epoch());
  const auto millis = (since_epoch % 1000).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)), millis);
}

std::string environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr ? value : "";
}

double peak_memory_mib() {
  // Not getrusage's: that one counts what the process was forked from as well.
  return keyed_number("/proc/self/status", "VmHWM:") / 1024.0;
}

double control_group_memory_mib(const fs::path& membership, const fs::path& root) {
  double least = std::numeric_limits<double>::infinity();
  std::ifstream stream(membership);
  for (std::string line; std::getline(stream, line);) {  // number:controllers:/path
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1),
                      path = line.substr(second + 1);
    if (controllers == "memory") least = std::min(least, bytes_left(root / "memory", path, kFirst));
    if (controllers.empty()) least = std::min(least, bytes_left(root, path, kSecond));
  }
  return least / (1 << 20);
}

double available_memory_mib() {
  return std::min({keyed_number("/proc/meminfo", "MemAvailable:") / 1024.0,
                   control_group_memory_mib(), address_space_left_mib()});
}

void require_memory(double bytes, std::string_view what, std::string_view hint) {
  const double mib = bytes / (1 << 20), available = available_memory_mib();
  const double free = std::min(available + keyed_number("/proc/meminfo", "SwapFree:") / 1024.0,
                               address_space_left_mib());
  if (available <= 0.0 || mib <= free) return;
  throw ConfigError("{} takes {:.0f} MiB, {:.0f} are free (hint: {})", what, mib, free, hint);
}

}  // namespace eida

#include "eida/core/system_info.h"

#include <fmt/chrono.h>

#include <algorithm>

#include "control_group.h"
#include "eida_revision.h"  // made by git_revision.cmake: EIDA_VERSION, EIDA_GIT_REVISION

namespace eida {

std::string version() { return EIDA_VERSION; }

std::string git_revision() { return EIDA_GIT_REVISION; }

std::string utc_iso(std::chrono::system_clock::time_point time) {
  using std::chrono::milliseconds;
  const auto since_epoch = std::chrono::floor<milliseconds>(time.time_since_epoch());
  const auto millis = (since_epoch % 1000).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(time)), millis);
}

double peak_memory_mib() {
  // Not getrusage's: that one counts what the process was forked from as well.
  return keyed_number("/proc/self/status", "VmHWM:") / 1024.0;
}

double available_memory_mib() {
  return std::min(keyed_number("/proc/meminfo", "MemAvailable:") / 1024.0,
                  control_group_memory_mib());
}

}  // namespace eida

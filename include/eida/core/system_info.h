/// What a manifest says about the program and the machine.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

namespace eida {

/// Version of the project, for example "0.1.0".
std::string version();
/// Git revision of the sources at build time, with "-dirty" where files differed; "unknown" outside
/// git.
std::string git_revision();
/// Time in UTC as ISO 8601 with milliseconds: "2026-11-24T10:58:30.123Z".
std::string utc_iso(std::chrono::system_clock::time_point time = std::chrono::system_clock::now());
/// A variable of the environment; empty where it is not set.
std::string environment(const char* variable);
/// Largest resident set of this process so far, MiB.
double peak_memory_mib();
/// Memory that the process's control groups (containers, Slurm's jobs) and the groups above them
/// still allow, without swap and with cached pages of files counted as free; MiB, infinite where
/// there is no limit. \param membership as /proc/self/cgroup \param root where groups are mounted
double control_group_memory_mib(const std::filesystem::path& membership = "/proc/self/cgroup",
                                const std::filesystem::path& root = "/sys/fs/cgroup");
/// What the machine, the process's control groups and its limit of address space can give without
/// swapping, MiB; 0 where the system does not say.
double available_memory_mib();
/// Call it before memory is taken whose size a file or an option decides. \throws ConfigError
/// "WHAT takes … MiB, … are free (hint: …)": more than the machine can give, with swapping too
void require_memory(double bytes, std::string_view what, std::string_view hint);

}  // namespace eida

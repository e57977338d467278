/// What the system's own files say: control groups (containers, Slurm's jobs).
#pragma once

#include <filesystem>
#include <string>

namespace eida {

/// Memory that the limits of the process's groups, and of those above them, leave, without swapping
/// and with pages of files given back; MiB, infinite where there is no limit. Both versions of
/// control groups. \param membership as /proc/self/cgroup \param root where groups are mounted
double control_group_memory_mib(const std::filesystem::path& membership = "/proc/self/cgroup",
                                const std::filesystem::path& root = "/sys/fs/cgroup");

/// The number behind a key, as /proc/meminfo and memory.stat have them; 0 without it.
double keyed_number(const std::filesystem::path& file, const std::string& key);

}  // namespace eida

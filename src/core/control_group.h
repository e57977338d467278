/// What the system's control groups (containers, Slurm's jobs) leave to a process.
#pragma once

#include <filesystem>

namespace eida {

/// Memory that the limits of the process's groups, and of those above them, leave, without swapping
/// and with pages of files given back; MiB, infinite where there is no limit. Both versions of
/// control groups. \param membership as /proc/self/cgroup \param root where groups are mounted
double control_group_memory_mib(const std::filesystem::path& membership = "/proc/self/cgroup",
                                const std::filesystem::path& root = "/sys/fs/cgroup");

}  // namespace eida

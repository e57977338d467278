/// Programs that several processes run together.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/program.h"

namespace eida::testing {

/// The call with `processes` processes on this machine, however few cores it has.
inline std::vector<std::string> mpirun(int processes, const std::vector<std::string>& arguments) {
  // Root is what containers are; local processes need no network but the loopback.
  std::vector<std::string> all = {"env",
                                  "OMP_NUM_THREADS=1",
                                  "mpirun",
                                  "--allow-run-as-root",
                                  "-n",
                                  std::to_string(processes),
                                  "--oversubscribe",
                                  "--bind-to",
                                  "none",
                                  "--mca",
                                  "btl",
                                  "self,vader,tcp",
                                  "--mca",
                                  "btl_tcp_if_include",
                                  "lo",
                                  "--mca",
                                  "oob_tcp_if_include",
                                  "lo"};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// The call with an even number of processes on two hosts that are made for it.
inline std::vector<std::string> on_two_hosts(int processes,
                                             const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {EIDA_SOURCE_DIR "/tests/support/two_hosts.sh",
                                  std::to_string(processes)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

inline bool has_mpirun(const std::filesystem::path& scratch) {
  return EIDA_WITH_MPI != 0 && run_program(scratch, {"mpirun", "--version"}).code == 0;
}

}  // namespace eida::testing

#define EIDA_NEED_MPI(scratch) \
  if (!::eida::testing::has_mpirun(scratch)) GTEST_SKIP() << "needs a build with MPI, and mpirun"
/// \param result of on_two_hosts()
#define EIDA_NEED_HOSTS(result) \
  if ((result).code == 77) GTEST_SKIP() << (result).err

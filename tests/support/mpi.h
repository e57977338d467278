/// Programs that several processes run together.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "support/program.h"

namespace eida::testing {

constexpr int kNotPermitted = 77;

/// What `mpirun --version` says; empty where there is none.
inline const std::string& mpirun_version() {
  static const std::string text = [] {
    std::string all;
    FILE* pipe = ::popen("mpirun --version 2>/dev/null", "r");
    for (int c; pipe != nullptr && (c = std::fgetc(pipe)) != EOF;) all += static_cast<char>(c);
    if (pipe != nullptr) ::pclose(pipe);
    return all;
  }();
  return text;
}

inline bool is_open_mpi() { return mpirun_version().find("Open MPI") != std::string::npos; }

/// The call with `processes` processes on this machine, however few cores it has.
/// \param ways that Open MPI may send bytes: by default through memory.
inline std::vector<std::string> mpirun(int processes, const std::vector<std::string>& arguments,
                                       const char* ways = "self,vader,tcp") {
  std::vector<std::string> all = {"env", "OMP_NUM_THREADS=1", "mpirun", "-n",
                                  std::to_string(processes)};
  if (is_open_mpi()) {
    // Root is what containers are; local processes need no network but the loopback.
    all.insert(all.end(),
               {"--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--mca", "btl", ways,
                "--mca", "btl_tcp_if_include", "lo", "--mca", "oob_tcp_if_include", "lo"});
  }
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

/// The call by TCP over the loopback, as two hosts would speak to each other.
inline std::vector<std::string> over_loopback(int processes,
                                              const std::vector<std::string>& arguments) {
  return mpirun(processes, arguments, "self,tcp");
}

/// The call with an even number of processes on two hosts that are made for it; ends with
/// kNotPermitted where that is not permitted.
inline std::vector<std::string> on_two_hosts(int processes,
                                             const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {EIDA_SOURCE_DIR "/tests/support/two_hosts.sh",
                                  std::to_string(processes)};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

inline bool has_mpirun() { return EIDA_WITH_MPI != 0 && !mpirun_version().empty(); }

}  // namespace eida::testing

#define EIDA_NEED_MPI() \
  if (!::eida::testing::has_mpirun()) GTEST_SKIP() << "needs a build with MPI, and mpirun"

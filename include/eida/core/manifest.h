/// Record of a run: what made it, from what, and what it cost. Becomes manifest.json.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "eida/core/system_info.h"

namespace eida {

/// One file that a run read.
struct InputFile {
  std::string path;    ///< absolute
  std::string sha256;  ///< of the bytes
  uint64_t bytes = 0;
  std::filesystem::file_time_type modified = {};  ///< time of its last change
  bool watched = true;  ///< false: nothing depends on it, it may change meanwhile
};

/// \param opened its time of change when the run began. \throws DataError when the file cannot be
/// read, or has changed since.
InputFile describe_input(const std::filesystem::path& path,
                         std::optional<std::filesystem::file_time_type> opened = {});

struct Manifest {
  std::string program = {};  ///< "eida-probe"
  std::string version = eida::version();
  std::string git_revision = eida::git_revision();
  std::string libtorch = {};   ///< its version; empty where none took part
  std::string device = {};     ///< resolved: "cpu", "cuda:0 (NVIDIA H100)"
  std::string precision = {};  ///< resolved: "fp32", "bf16", "fp16"; empty without LibTorch
  uint64_t seed = 0;
  int threads = 0;    ///< resolved, of each process
  int processes = 1;  ///< that ran it together
  std::vector<InputFile> inputs = {};
  std::vector<InputFile> outputs = {};  ///< in the run's folder, by their names in it
  std::vector<std::string> command_line = {};
  std::chrono::system_clock::time_point start = std::chrono::system_clock::now();

  /// Reads again those inputs whose time or size is another. \throws DataError names one that is
  /// gone or has other bytes than the run has read
  void check_inputs();
  /// Adds seconds since start (wall) and the peak memory so far.
  nlohmann::ordered_json to_json() const;
};

}  // namespace eida

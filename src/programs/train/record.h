// What a training run writes about itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "eida/core/files.h"
#include "eida/model/pretrained_model.h"

namespace eida {

/// metrics.jsonl: lines are appended; what belongs to no saved state is cut off on resume.
class MetricsLog {
 public:
  /// \param keep bytes of an earlier file that stay. \throws DataError
  MetricsLog(std::filesystem::path file, int64_t keep);
  /// \throws DataError, for example a full disk
  void write(const nlohmann::ordered_json& line);
  /// What was written survives the machine's end. \throws DataError
  void sync() const { sync_file(file_); }
  int64_t bytes() const { return bytes_; }

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
  int64_t bytes_ = 0;
};

/// Writes a Hugging Face folder beside its final place and moves it there: `dir` is whole, what it
/// was, or between two renames not there. \throws DataError
void save_model_folder(const PretrainedModel& model, const std::filesystem::path& tokenizer_source,
                       const std::filesystem::path& dir);

/// Puts the same files (hard links where the file system has them) under another name.
void link_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// A file of a round within the run's folder: "rounds/01/adapter.safetensors".
std::string round_file(int64_t round, const char* name);

/// CPU seconds of this process so far, all threads.
double cpu_seconds();

}  // namespace eida

// What a training run writes about itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "eida/adapter/method.h"
#include "eida/core/files.h"
#include "eida/measure/measure.h"
#include "eida/run/round_record.h"

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
  std::string sha256() const { return hash_.hex(); }  ///< of these bytes

 private:
  std::filesystem::path file_;
  std::ofstream stream_;
  int64_t bytes_ = 0;
  Sha256 hash_;
};

/// Has a folder written beside its final place and moves it there: `dir` is whole, what it was, or
/// between two renames not there. \param write makes the folder of that name and fills it. \throws
/// DataError
void write_folder(const std::filesystem::path& dir,
                  const std::function<void(const std::filesystem::path&)>& write);

/// Writes a Hugging Face folder with write_folder(). \throws DataError
void save_model_folder(const PretrainedModel& model, const std::filesystem::path& tokenizer_source,
                       const std::filesystem::path& dir);

/// Puts the same files (hard links where the file system has them) under another name.
void link_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// A file of a round within the run's folder: "rounds/01/adapter.safetensors".
std::string round_file(int64_t round, const char* name);

/// CPU seconds of this process so far, all threads.
double cpu_seconds();

// Of subspaces: fidelity at the chosen ranks, and how far they have turned.

/// rounds/NN/subspaces.json: docs/formats.md. \param bases of this round. \param previous of the
/// round before; empty: there was none, and nothing has turned.
nlohmann::ordered_json subspace_record(const Places& model, const RoundEstimate& estimate,
                                       const PlaceBases& bases, const PlaceBases& previous);

/// Means over the places of each kind in such a record, for the round's line in metrics.jsonl.
SubspaceMeans subspace_means(const nlohmann::json& record);

}  // namespace eida

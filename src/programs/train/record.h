// What a training run writes about itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
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

/// Largest logit difference of the adapted and the merged model on held-out examples, both in
/// float32.
struct MergeParity {
  double difference = 0.0, largest_logit = 0.0, tolerance = 0.0;
  double loss_before = 0.0, loss_after = 0.0;
  int64_t examples = 0;
  bool holds() const { return difference <= tolerance; }
  nlohmann::ordered_json to_json(int64_t round) const;
};

/// Logits of a batch in float32 and evaluation mode, whatever the run's precision. // [M, C], [M,
/// V]
at::Tensor reference_logits(PretrainedModel& model, const PackedBatch& batch);

/// \param before of the adapted model, \param after of the merged one. \param rounded whether the
/// merge rounded the weights to bfloat16, 8 bits, afresh: then logits may differ by 2e-2 of the
/// largest, else by 1e-5.
MergeParity compare_logits(const at::Tensor& before, const at::Tensor& after,
                           const PackedBatch& batch, bool rounded = false);

/// Writes a Hugging Face folder beside its final place and moves it there: `dir` is whole, what it
/// was, or between two renames not there. \throws DataError
void save_model_folder(const PretrainedModel& model, const std::filesystem::path& tokenizer_source,
                       const std::filesystem::path& dir);

/// Puts the same files (hard links where the file system has them) under another name.
void link_folder(const std::filesystem::path& from, const std::filesystem::path& to);

/// CPU seconds of this process so far, all threads.
double cpu_seconds();

}  // namespace eida

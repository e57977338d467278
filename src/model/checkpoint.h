// The safetensors files of a model folder.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "eida/tensor/safetensors.h"

namespace eida {

/// One tensor of a checkpoint.
struct CheckpointTensor {
  const SafetensorsFile* file = nullptr;
  const SafetensorsEntry* entry = nullptr;
};

/// model.safetensors, or the shards that model.safetensors.index.json names.
class Checkpoint {
 public:
  /// \throws FormatError when neither is there, or index and shards do not agree; DataError.
  explicit Checkpoint(const std::filesystem::path& dir);
  Checkpoint(const Checkpoint&) = delete;  // tensors() points into it
  Checkpoint& operator=(const Checkpoint&) = delete;

  const std::vector<CheckpointTensor>& tensors() const { return tensors_; }
  /// The file, or the index: for messages.
  const std::filesystem::path& path() const { return path_; }

 private:
  void open_shards();

  std::filesystem::path path_;
  std::vector<SafetensorsFile> files_;
  std::vector<CheckpointTensor> tensors_;
};

}  // namespace eida

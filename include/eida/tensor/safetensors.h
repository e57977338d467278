/// safetensors files as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "eida/core/files.h"
#include "eida/tensor/safetensors_header.h"

namespace eida {

/// A tensor under a name; Hugging Face's parameter name where it is a model's.
struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

/// A mapped file. Tensors are views on the map and keep it alive; they must not be written to.
class SafetensorsFile {
 public:
  explicit SafetensorsFile(const std::filesystem::path& path);  ///< \throws DataError, FormatError

  const std::vector<SafetensorsEntry>& entries() const { return header_.tensors; }
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  const SafetensorsEntry* find(const std::string& name) const;  ///< nullptr: not there
  /// Reads the whole file. \throws FormatError it was written with kSelfHash and has other bytes
  /// now
  void check_self_hash() const;
  /// \throws FormatError when LibTorch has no such dtype. Data that is not aligned to its dtype is
  /// copied.
  at::Tensor tensor(const SafetensorsEntry& entry) const;

 private:
  std::shared_ptr<const MappedFile> file_;
  SafetensorsHeader header_;
};

/// Key of the metadata under which a file of ours carries the SHA-256 of itself, these 64 digits
/// counted as zeros.
inline constexpr const char* kSelfHash = "sha256";

/// Gives the values of a tensor when they are to be written.
using TensorSource = std::function<at::Tensor(const std::string& name)>;

/// Writes tensors (moved to the CPU, contiguous) sorted by dtype and name, atomically; equal input
/// gives equal bytes. \param metadata with kSelfHash, the file gets one. \param source of the
/// values of tensors on the meta device, which have shape and dtype alone: one of them is in memory
/// at a time. \throws DataError disk, FormatError on two equal names or an unknown dtype.
void write_safetensors(const std::filesystem::path& path, std::vector<NamedTensor> tensors,
                       const std::map<std::string, std::string>& metadata = {},
                       const TensorSource& source = {});

}  // namespace eida

/// adapter.safetensors: what one round has trained.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/model/pretrained_model.h"

namespace eida {

/// What an adapter file applies to.
struct AdapterInfo {
  int64_t round = 1;   ///< from 1
  std::string base;    ///< fingerprint of the original model; empty: not known (PEFT)
  std::string parent;  ///< SHA-256 of the file this one applies on; empty: the base itself
};

/// Identity of a base model: SHA-256 over its safetensors files, or over config.json and the seed
/// where the weights are random. \throws DataError
std::string base_fingerprint(const std::filesystem::path& dir, bool random_init, uint64_t seed);

/// \param trained other parameters that changed or that the checkpoint lacks, under Hugging Face
/// names. Written atomically. \throws DataError
void write_adapter_file(const std::filesystem::path& path, const Method& method,
                        const std::vector<NamedTensor>& trained, const AdapterInfo& info);

/// A file, or a folder with a LoRA of PEFT, checked for its own consistency.
class AdapterFile : public AdapterTensors {
 public:
  explicit AdapterFile(std::filesystem::path file);  ///< \throws DataError, FormatError
  /// Matches a folder's tensors to the model's sites; before that only head_classes() is known.
  /// \throws FormatError names a key or a tensor. A file is left as it is.
  void fit(const PretrainedModel& model);

  std::filesystem::path path;
  AdapterInfo info;
  std::shared_ptr<const Method> method;  ///< that made it, without its options
  /// Classes of the model's classification head in the file; 0: it has none.
  int64_t head_classes(const ModelConfig& config) const;
  /// Whether the model is to have an output layer for it: LoadOptions::own_head.
  bool brings_head(const ModelConfig& config) const;
  /// Sites that the file adapts, ascending.
  std::vector<PlaceId> sites(const PretrainedModel& model) const;
  /// Tensors that are no part of an adapter: they replace the model's of that name.
  std::vector<NamedTensor> replaced(const PretrainedModel& model) const;

 private:
  std::filesystem::path folder_;  ///< of PEFT; empty: a file
};

/// Applies files (or folders of PEFT) in order, each on the one before: tensors that are no part of
/// an adapter replace the model's, then updates are added to the weights in float32. \param model
/// loaded `writable` or not. \param base fingerprint of the model's folder; empty: not compared.
/// \throws FormatError a file of another model, a tensor that fits nothing, a file that does not
/// apply on the one before it.
void merge_adapter_files(PretrainedModel& model, const std::vector<std::filesystem::path>& files,
                         const std::string& base = "");

}  // namespace eida

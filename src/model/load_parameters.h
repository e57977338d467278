// Parameters of an architecture, from a checkpoint or from a seed.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "eida/model/pretrained_model.h"
#include "eida/tensor/safetensors.h"

namespace eida {

/// All parameters that an architecture declares, in file order; tied ones once.
std::vector<ParameterSpec> parameter_specs(const ModelConfig& config);

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

/// Whether a file's tensor carries nothing we need.
bool is_ignored(const std::string& name, const Architecture& model);

/// A head that shares the word table, as transformers loads it: a file with the head's weight only
/// gives it to the table; one that has both with different values has a head of its own, which is
/// warned of. \param own_head of LoadOptions. \param config its architecture says afterwards how
/// the head is.
void settle_tied_head(const std::filesystem::path& dir, bool own_head, ModelConfig& config);

/// Parameters in the order of `specs`: matrices as options.weights, vectors (biases, LayerNorms)
/// and a classification head always float32. Float32 weights stay on the file's map. \param
/// newly_initialised receives the names of those that the file lacks. \throws FormatError lists
/// every missing and every misshapen tensor.
std::vector<NamedTensor> load_parameters(const std::filesystem::path& dir,
                                         const ModelConfig& config,
                                         const std::vector<ParameterSpec>& specs,
                                         const LoadOptions& options,
                                         std::vector<std::string>& newly_initialised);

/// Random initial value in float32; the same for the same seed and name. // [spec.shape]
at::Tensor initial_value(const ParameterSpec& spec, uint64_t seed);

/// The same values one at a time, float32, as they are before rounding; opens the checkpoint at the
/// first call. \return a function of the parameter's name
std::function<at::Tensor(const std::string&)> parameter_reader(
    const std::filesystem::path& dir, const ModelConfig& config,
    const std::vector<ParameterSpec>& specs, const LoadOptions& options);

}  // namespace eida

/// A pretrained model with its places.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/GradMode.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "eida/core/rng.h"
#include "eida/model/batch.h"
#include "eida/model/hookable_linear.h"
#include "eida/model/model_config.h"
#include "eida/model/place.h"
#include "eida/tensor/safetensors.h"

namespace eida {

/// Adds something to a float32 parameter, stored as its file has it.
using WeightAddition = std::function<void(const at::Tensor& stored)>;

/// Float32 values of parameters that a model keeps in bfloat16: the checkpoint's (or the seed's),
/// and what merges added, in their order. Additions are kept as factors, so that no float32 weight
/// stays in memory; values() forms one when it is asked for. Sixteen rounds of merges end with the
/// very values of float32 weights, rounded once.
class MasterWeights {
 public:
  /// \param original of a parameter's name: float32 values as they were loaded.
  explicit MasterWeights(std::function<at::Tensor(const std::string&)> original)
      : original_(std::move(original)) {}

  /// float32, on the CPU, in memory of its own.
  at::Tensor values(const std::string& parameter) const;
  void add(const std::string& parameter, WeightAddition addition) {
    additions_[parameter].push_back(std::move(addition));
  }
  /// Drops the additions to a parameter: back to the original.
  void forget(const std::string& parameter) { additions_.erase(parameter); }

 private:
  std::function<at::Tensor(const std::string&)> original_;
  std::map<std::string, std::vector<WeightAddition>> additions_;
};

class PretrainedModel {
 public:
  virtual ~PretrainedModel() = default;

  const ModelConfig& config() const { return config_; }
  const Places& places() const { return places_; }
  /// All parameters under their Hugging Face names, in file order of the architecture; tied ones
  /// once.
  const std::vector<NamedTensor>& parameters() const { return parameters_; }
  /// What one of them is. \throws Error (internal) there is none of that name
  const ParameterSpec& parameter_info(const std::string& name) const;
  /// Number of entries of all parameters.
  int64_t parameter_count() const;

  /// Logits where the batch scores a prediction. // [M, C] or [M, V], float32
  virtual at::Tensor logits(const PackedBatch& batch) = 0;
  /// sum_m w_m * cross_entropy(logits_m, targets_m), in float32. \param label_smoothing share of
  /// the target's probability that is spread over all classes. // [] scalar
  virtual at::Tensor loss(const PackedBatch& batch, double label_smoothing = 0.0) = 0;

  /// Activations run in this dtype (float32, bfloat16 or float16); parameters keep theirs.
  void set_compute_dtype(at::ScalarType dtype) { compute_dtype_ = dtype; }
  at::ScalarType compute_dtype() const { return compute_dtype_; }
  /// Dropout is applied in training mode only. Never changes requires_grad.
  void set_training(bool training) { training_ = training; }
  bool training() const { return training_; }
  /// Replaces all dropout rates of config.json by one.
  void set_dropout(double rate);
  /// Layers keep only their input and are computed again in the backward pass.
  void set_gradient_checkpointing(bool on) { checkpointing_ = on; }
  /// Names of parameters that the checkpoint lacked and the seed made.
  const std::vector<std::string>& newly_initialised() const { return newly_initialised_; }
  void set_newly_initialised(std::vector<std::string> names) {
    newly_initialised_ = std::move(names);
  }
  /// What bfloat16 weights were rounded from; nullptr where weights are float32.
  MasterWeights* masters() const { return masters_.get(); }
  void set_masters(std::unique_ptr<MasterWeights> masters) { masters_ = std::move(masters); }

 protected:
  PretrainedModel(ModelConfig config, std::vector<NamedTensor> parameters);

  ModelConfig config_;
  Places places_;
  const std::vector<NamedTensor> parameters_;
  const std::vector<ParameterSpec> specs_;
  at::ScalarType compute_dtype_ = at::kFloat;
  bool training_ = false;
  bool checkpointing_ = false;
  std::vector<std::string> newly_initialised_;
  std::unique_ptr<MasterWeights> masters_;
};

/// Puts a model into training or evaluation mode, and gives it back its mode and its compute dtype
/// (which may be changed meanwhile) at the end of the scope.
class ModeScope {
 public:
  ModeScope(PretrainedModel& model, bool training)
      : model_(&model), training_(model.training()), dtype_(model.compute_dtype()) {
    model.set_training(training);
  }
  ~ModeScope() {
    model_->set_training(training_);
    model_->set_compute_dtype(dtype_);
  }
  ModeScope(const ModeScope&) = delete;
  ModeScope& operator=(const ModeScope&) = delete;

 private:
  PretrainedModel* model_;
  bool training_;
  at::ScalarType dtype_;
};

/// No gradients and no dropout for a scope. Not InferenceMode: its tensors would stay in the caches
/// of cast weights and could not enter autograd later.
class EvaluationScope {
 public:
  explicit EvaluationScope(PretrainedModel& model) : mode_(model, /*training=*/false) {}

 private:
  const ModeScope mode_;
  const c10::AutoGradMode without_gradients_{false};
};

/// The loss of logits that are there already. \throws Error (internal) shapes that do not fit.
at::Tensor weighted_cross_entropy(const at::Tensor& logits, const PackedBatch& batch,
                                  double label_smoothing = 0.0);

struct LoadOptions {
  int64_t num_labels = 0;    ///< classes of the task; 0: what config.json says
  uint64_t seed = 0;         ///< for a head that the checkpoint lacks
  bool random_init = false;  ///< all weights from the seed (config.json is enough)
  at::Device device = at::kCPU;
  /// Of matrices: float32, or bfloat16. A classification head is float32 always: it is trained.
  at::ScalarType weights = at::kFloat;
  /// Copies every parameter into memory of its own. Without it, float32 parameters stay on the
  /// file's read-only map: to write to one is a fault that ends the process.
  bool writable = false;
  /// For an adapter that brings an output layer: the checkpoint's is left out where its classes are
  /// not num_labels, and a tied head becomes a copy of its table.
  bool own_head = false;
};

/// Opens a Hugging Face folder (config.json, model.safetensors or its index).
/// \throws FormatError on missing or misshapen tensors and unsupported config values.
std::unique_ptr<PretrainedModel> load_pretrained(const std::filesystem::path& dir, TaskKind task,
                                                 const LoadOptions& options = {});

/// Writes config.json and model.safetensors (float32; bfloat16 weights as their masters) so that
/// transformers' from_pretrained opens the folder with equal logits; tokenizer files are copied
/// from `tokenizer_source` when not empty.
void save_pretrained(const PretrainedModel& model, const std::filesystem::path& dir,
                     const std::filesystem::path& tokenizer_source = {});

}  // namespace eida

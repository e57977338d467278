/// Everything that is trained, in one flat buffer.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "eida/adapter/method.h"
#include "eida/model/pretrained_model.h"

namespace eida {

/// One trained tensor and how the optimiser treats it.
struct TrainedTensor {
  std::string name;
  at::Tensor tensor;   ///< float32 leaf; its storage moves into the flat buffer
  std::string group;   ///< "adapter", "head", "layer_norm", "bias", "embeddings", "weight"
  bool decays = true;  ///< weight decay applies
};

/// Values and gradients of all trained tensors, end to end: optimiser, norm and zeroing each act on
/// one buffer. The tensors become views of it and stay leaves.
class FlatParameters {
 public:
  /// Tensors of equal treatment that follow each other in the buffer.
  struct Range {
    int64_t begin = 0, size = 0;
    bool decays = true, head = false;
  };

  /// \throws Error (internal) a tensor that is not float32, or none at all.
  explicit FlatParameters(std::vector<TrainedTensor> tensors);

  const at::Tensor& values() const { return values_; }        // [n] float32, gaps are 0
  const at::Tensor& gradients() const { return gradients_; }  // [n] float32
  const std::vector<Range>& ranges() const { return ranges_; }
  const std::vector<TrainedTensor>& tensors() const { return tensors_; }
  /// Entries of all tensors, without the gaps between them.
  int64_t count() const;
  /// The part of a buffer like values() that belongs to tensor `index`, in its shape.
  at::Tensor view_of(const at::Tensor& buffer, size_t index) const;

 private:
  std::vector<TrainedTensor> tensors_;
  std::vector<int64_t> begins_;  ///< of each tensor
  std::vector<Range> ranges_;
  at::Tensor values_, gradients_;
};

/// What a method trains, and the model's parameters of those names, as the optimiser treats them:
/// biases and LayerNorms do not decay.
std::vector<TrainedTensor> trained_tensors(const PretrainedModel& model, const Method& method,
                                           const std::vector<std::string>& parameters);

}  // namespace eida

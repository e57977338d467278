// Bidirectional attention and a classification head, as they are declared.
#pragma once

#include <vector>

#include "transformer.h"

namespace eida {

/// The head reads the first token of each sequence.
class Encoder : public Transformer {
 public:
  Encoder(const ModelConfig& config, std::vector<NamedTensor> parameters);
  at::Tensor logits(const PackedBatch& batch) override;  // [M, C]
  at::Tensor loss(const PackedBatch& batch, double label_smoothing) override;

 private:
  at::Tensor score_bias(const at::Tensor& buckets) const;     // [T, T] -> [h, T, T]
  at::Tensor classify(const at::Tensor& first_tokens) const;  // [S, d] -> [S, C]

  const ClassHeadSpec& head_;
  HookableLinear head_dense_, head_output_;
};

}  // namespace eida

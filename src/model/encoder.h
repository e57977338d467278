// RoBERTa and BERT with their classification heads.
#pragma once

#include <memory>
#include <vector>

#include "eida/model/attention.h"
#include "eida/model/pretrained_model.h"
#include "layers.h"

namespace eida {

/// One block: attention, then feed-forward, each followed by residual and LayerNorm.
struct EncoderLayer {
  HookableLinear query, key, value, attention_output, intermediate, output;
  LayerNorm attention_norm, output_norm;
};

/// Bidirectional attention; the head reads the first token of each sequence.
class Encoder : public PretrainedModel {
 public:
  Encoder(const ModelConfig& config, std::vector<NamedTensor> parameters);
  at::Tensor logits(const PackedBatch& batch) override;  // [M, C]
  at::Tensor loss(const PackedBatch& batch, double label_smoothing) override;

 private:
  at::Tensor embed(const PackedBatch& batch) const;
  at::Tensor run_layer(const EncoderLayer& layer, const at::Tensor& x,
                       const std::shared_ptr<const SequenceLayout>& layout) const;
  at::Tensor classify(const at::Tensor& hidden, const PackedBatch& batch) const;
  void register_places();

  at::Tensor word_table_, position_table_, type_table_;
  LayerNorm embedding_norm_;
  std::vector<std::unique_ptr<EncoderLayer>> layers_;
  HookableLinear head_dense_, head_output_;
};

}  // namespace eida

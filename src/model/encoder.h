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
  /// Whether someone watches what enters its weights.
  bool tapped() const {
    return query.tap() != nullptr || key.tap() != nullptr || value.tap() != nullptr ||
           attention_output.tap() != nullptr || intermediate.tap() != nullptr ||
           output.tap() != nullptr;
  }
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
  /// The last layer at first tokens only, all that the head reads. // [N, d] -> [S, d]
  at::Tensor run_last_layer(const EncoderLayer& layer, const at::Tensor& x,
                            const std::shared_ptr<const SequenceLayout>& layout,
                            const PackedBatch& batch) const;
  AttentionOptions attention_options() const;
  /// Everything behind the attention of a layer. \param residual what entered it // [N, d]
  at::Tensor finish_layer(const EncoderLayer& layer, const at::Tensor& context,
                          const at::Tensor& residual) const;
  at::Tensor classify(const at::Tensor& first_tokens) const;  // [S, d] -> [S, C]
  void register_places();

  at::Tensor word_table_, position_table_, type_table_;
  LayerNorm embedding_norm_;
  std::vector<std::unique_ptr<EncoderLayer>> layers_;
  HookableLinear head_dense_, head_output_;
};

}  // namespace eida

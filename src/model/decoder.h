// GPT-2 with its tied language-model head.
#pragma once

#include <memory>
#include <vector>

#include "eida/model/attention.h"
#include "eida/model/pretrained_model.h"
#include "layers.h"

namespace eida {

/// One block: LayerNorm before attention and before the feed-forward part. Weights are Conv1D, [in,
/// out].
struct DecoderLayer {
  LayerNorm norm_1, norm_2;
  HookableLinear c_attn, attention_projection, c_fc, mlp_projection;
};

class Decoder : public PretrainedModel {
 public:
  Decoder(const ModelConfig& config, std::vector<NamedTensor> parameters);
  at::Tensor logits(const PackedBatch& batch) override;  // [M, V]

 private:
  at::Tensor embed(const PackedBatch& batch) const;
  at::Tensor run_layer(size_t index, const at::Tensor& x,
                       const std::shared_ptr<const SequenceLayout>& layout) const;
  void register_places();

  at::Tensor word_table_, position_table_;
  std::vector<std::unique_ptr<DecoderLayer>> layers_;
  LayerNorm final_norm_;
  CastCache cast_word_table_;
};

}  // namespace eida

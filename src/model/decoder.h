// GPT-2 with its tied language-model head.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "eida/model/attention.h"
#include "eida/model/pretrained_model.h"
#include "kv_cache.h"
#include "layers.h"

namespace eida {

/// One block: LayerNorm before attention and before the feed-forward part. Weights are Conv1D, [in,
/// out].
struct DecoderLayer {
  LayerNorm norm_1, norm_2;
  HookableLinear c_attn, attention_projection, c_fc, mlp_projection;
  /// Whether someone watches what enters its weights.
  bool tapped() const {
    return c_attn.tap() != nullptr || attention_projection.tap() != nullptr ||
           c_fc.tap() != nullptr || mlp_projection.tap() != nullptr;
  }
};

class Decoder : public PretrainedModel {
 public:
  Decoder(const ModelConfig& config, std::vector<NamedTensor> parameters);
  at::Tensor logits(const PackedBatch& batch) override;  // [M, V]
  at::Tensor loss(const PackedBatch& batch, double label_smoothing) override;

  /// Takes tokens whose predecessors are in the cache, or come before them in `rows`. Whole prompts
  /// and single new tokens may go together.
  /// \return what meets the vocabulary, after the last norm, in the compute dtype // [M, d]
  at::Tensor step(const CachedRows& rows, const KvCache& cache);
  /// The tied head: a row a token, in the compute dtype. // [V, d]
  at::Tensor vocabulary_table() { return in_dtype(word_table_, compute_dtype_, cast_word_table_); }

 private:
  /// How tokens see each other. // [N, 3 d] -> [N, d]
  using TokenMixer =
      std::function<at::Tensor(const at::Tensor& qkv, const AttentionOptions& options)>;

  at::Tensor embed(const PackedBatch& batch) const;                                   // [N, d]
  at::Tensor embed_tokens(const at::Tensor& ids, const at::Tensor& positions) const;  // [N, d]
  /// \param rows that go on behind the attention; undefined: all // [N, d] -> [N or rows, d]
  at::Tensor run_layer(size_t index, const at::Tensor& x, const TokenMixer& mix,
                       const at::Tensor& rows = {}) const;
  at::Tensor run_layer(size_t index, const at::Tensor& x,
                       const std::shared_ptr<const SequenceLayout>& layout,
                       const at::Tensor& rows) const;
  /// What meets the vocabulary: rows whose next token is scored, after the last norm. // [M, d]
  at::Tensor scored_hidden(const PackedBatch& batch) const;
  void register_places();

  at::Tensor word_table_, position_table_;
  std::vector<std::unique_ptr<DecoderLayer>> layers_;
  LayerNorm final_norm_;
  CastCache cast_word_table_;
};

}  // namespace eida

// The encoder and the decoder: tables, norms, blocks and heads, as they are declared.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "cached_attention.h"
#include "eida/model/attention.h"
#include "eida/model/pretrained_model.h"
#include "layers.h"
#include "rotary.h"

namespace eida {

/// What enters the attention.
struct Projected {
  at::Tensor q, k, v;  // [Q, h d_h], [N, key_heads d_h] twice
};
/// How tokens see each other. // -> [Q, h d_h]
using TokenMixer = std::function<at::Tensor(const Projected&, const AttentionOptions&)>;

/// What one pass asks of a block.
struct BlockPass {
  TokenMixer mix;
  at::Tensor rows;  // [Q] rows that go on behind the attention; undefined: all
  /// Only `rows` ask: their queries alone reach `mix`. Takes separate projections.
  bool rows_ask = false;
  at::Tensor positions;                                  // [N] of the tokens in their sequences
  int64_t longest = 0;                                   ///< above every position
  at::Tensor bias;                                       // [h, T, T] of the scores; undefined: none
  double attention_dropout = 0.0, hidden_dropout = 0.0;  ///< 0 outside training
};

/// Attention and MLP with their norms.
class Block {
 public:
  /// \param rotary of its kind of rotation; nullptr: it has none
  Block(const ParameterSource& source, const BlockSpec& spec, const Architecture& model,
        std::shared_ptr<RotaryTable> rotary);
  Block(const Block&) = delete;  // places point into it
  Block& operator=(const Block&) = delete;

  at::Tensor forward(const at::Tensor& x, const BlockPass& pass) const;  // [N, d] -> [N or Q, d]
  bool separate() const { return !fused_.weight().defined(); }
  /// Whether a tap watches what enters its weights.
  bool tapped() const;
  void add_places(Places& places, int64_t layer);

 private:
  at::Tensor attend(const at::Tensor& x, const BlockPass& pass, const at::Tensor& chosen) const;
  at::Tensor mix(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                 const BlockPass& pass) const;
  at::Tensor mlp(const at::Tensor& in) const;

  const BlockSpec spec_;
  const bool causal_;
  const std::shared_ptr<RotaryTable> rotary_;
  HookableLinear fused_, query_, key_, value_, output_, gate_, fused_mlp_, up_, down_;
  Norm query_norm_, key_norm_;
  Norm before_attention_, attention_branch_, after_attention_;
  Norm before_mlp_, mlp_branch_, after_mlp_;
};

/// What the encoder and the decoder have in common.
class Transformer : public PretrainedModel {
 protected:
  Transformer(const ModelConfig& config, std::vector<NamedTensor> parameters);

  at::Device device() const { return word_table_.device(); }
  /// \param ids, positions, types [N] on the device; types undefined where there are none
  at::Tensor embed(const at::Tensor& ids, const at::Tensor& positions,
                   const at::Tensor& types) const;  // [N, d]
  /// Dropout as the mode has it.
  BlockPass new_pass(const std::vector<int64_t>& positions) const;
  /// What leaves the blocks, before the last norm. \param rows that are read; an encoder's are
  /// first tokens. Behind the last attention nothing else is computed, unless `watched`: then the
  /// result has all rows. // [N or R, d] \throws DataError a sequence that is too long or empty, an
  /// id outside its table
  at::Tensor hidden(const PackedBatch& batch, const at::Tensor& rows, bool watched) const;

  const Architecture& declared_;
  at::Tensor word_table_, position_table_, type_table_, relative_table_;
  double embedding_scale_;  ///< rounded as the word table is
  Norm embedding_norm_, final_norm_;
  std::vector<std::unique_ptr<Block>> blocks_;

 private:
  void check(const PackedBatch& batch) const;
};

/// A head over classes, which reads one token of each sequence, or the mean of its tokens.
class Classifier : public Transformer {
 public:
  Classifier(const ModelConfig& config, std::vector<NamedTensor> parameters);
  at::Tensor logits(const PackedBatch& batch) override;  // [M, C]
  at::Tensor loss(const PackedBatch& batch, double label_smoothing) override;

 private:
  /// What the head reads. // [S] rows
  std::vector<int64_t> pooled_rows(const PackedBatch& batch) const;

  const ClassHeadSpec& head_;
  HookableLinear head_dense_, head_output_;
  Norm head_norm_;
};

/// Causal attention and a head over the vocabulary. A decoder that classifies is a Classifier.
class Decoder : public Transformer {
 public:
  Decoder(const ModelConfig& config, std::vector<NamedTensor> parameters);
  at::Tensor logits(const PackedBatch& batch) override;  // [M, V]
  at::Tensor loss(const PackedBatch& batch, double label_smoothing) override;

  /// Takes tokens whose predecessors are in the cache, or come before them in `rows`. Whole prompts
  /// and single new tokens may go together.
  /// \return what meets the vocabulary, after the last norm, in the compute dtype // [M, d]
  at::Tensor step(const CachedRows& rows, const KvCache& cache);
  /// The head: a row a token, in the compute dtype. // [V, d]
  at::Tensor vocabulary_table() { return in_dtype(head_table_, compute_dtype_, cast_head_table_); }

 private:
  /// What meets the vocabulary: rows whose next token is scored, after the last norm. // [M, d]
  at::Tensor scored_hidden(const PackedBatch& batch) const;

  at::Tensor head_table_;  // the word table where the head is tied
  CastCache cast_head_table_;
};

}  // namespace eida

// One block of a transformer, as it is declared.
#pragma once

#include <functional>

#include "eida/model/attention.h"
#include "eida/model/place.h"
#include "layers.h"

namespace eida {

/// What enters the attention.
struct Projected {
  at::Tensor q, k, v;  // [Q, h d_h], [N, h d_h], [N, h d_h]
  at::Tensor fused;    // [N, 3 h d_h] of which they are views; undefined for separate layers
};
/// How tokens see each other. // -> [Q, h d_h]
using TokenMixer = std::function<at::Tensor(const Projected&, const AttentionOptions&)>;

/// What one pass asks of a block.
struct BlockPass {
  TokenMixer mix;
  at::Tensor rows;  // [Q] rows that go on behind the attention; undefined: all
  /// Only `rows` ask: their queries alone reach `mix`. Takes separate projections.
  bool rows_ask = false;
  at::Tensor bias;                                       // [h, T, T] of the scores; undefined: none
  double attention_dropout = 0.0, hidden_dropout = 0.0;  ///< 0 outside training
};

class Block {
 public:
  Block(const ParameterSource& source, const BlockSpec& spec, const Architecture& model);
  Block(const Block&) = delete;  // places point into it
  Block& operator=(const Block&) = delete;

  at::Tensor forward(const at::Tensor& x, const BlockPass& pass) const;  // [N, d] -> [N or Q, d]
  bool separate() const { return !fused_.weight().defined(); }
  /// Whether someone watches what enters its weights.
  bool tapped() const;
  void add_places(Places& places, int64_t layer);

 private:
  at::Tensor attend(const at::Tensor& x, const BlockPass& pass, const at::Tensor& chosen) const;

  const BlockSpec spec_;
  const bool causal_;
  HookableLinear fused_, query_, key_, value_, output_, up_, down_;
  Norm before_attention_, after_attention_, before_mlp_, after_mlp_;
};

}  // namespace eida

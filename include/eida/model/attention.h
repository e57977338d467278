/// Multi-head attention over packed tokens: the only place where anything is padded.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace eida {

/// Sequences of similar length, padded to the longest of them.
struct LengthGroup {
  std::vector<int64_t> begin, length;  // [S_g] first packed row and tokens of each sequence
  int64_t width = 0;                   ///< T_g, the longest length
  bool padded = false;                 ///< some sequence is shorter than the group is wide
  at::Tensor rows;      // [S_g * T_g] packed row of each slot, 0 at padding; undefined on the CPU
  at::Tensor key_bias;  // [S_g, 1, T_g] float32, 0 or -inf at padding; undefined when not padded

  int64_t sequences() const { return static_cast<int64_t>(begin.size()); }
};

/// How packed tokens and padded slots belong together; made once a batch, used in every layer.
struct SequenceLayout {
  int64_t tokens = 0;               ///< N
  std::vector<LengthGroup> groups;  ///< longest first
  at::Tensor slot_of_token;         // [N] slot, counted over all groups; undefined on the CPU
};

using LayoutPointer = std::shared_ptr<const SequenceLayout>;

/// \param offsets of a PackedBatch. Sequences are grouped so that none has more than a third of
/// padding.
LayoutPointer make_layout(const std::vector<int64_t>& offsets, at::Device device);

/// Layout of one query a sequence, its first token, in the groups of `layout`: with it, packed
/// queries are [S, h * d_h]. \param offsets that `layout` was made of.
LayoutPointer first_token_layout(const SequenceLayout& layout, const std::vector<int64_t>& offsets,
                                 at::Device device);

/// One tensor a length group, zeros at padding. // [N, h * d_h] -> [S_g, h, T_g, d_h] each
std::vector<at::Tensor> pad_heads(const at::Tensor& packed, const LayoutPointer& layout,
                                  int64_t heads);
/// The inverse: values at padding are dropped. // [S_g, h, T_g, d_h] each -> [N, h * d_h]
at::Tensor unpad_heads(const std::vector<at::Tensor>& padded, const LayoutPointer& layout);

struct AttentionOptions {
  int64_t heads = 1;
  bool causal = false;
  double scale = 1.0;    ///< factor of the scores, usually 1 / sqrt(d_h)
  bool upcast = false;   ///< scores and softmax in float32 (GPT-2's reorder_and_upcast_attn)
  double dropout = 0.0;  ///< of the attention probabilities; 0 outside training
  at::Tensor bias = {};  // [h, T, T] added to the scores, T at least the longest sequence; or none
  int64_t kv_heads = 0;  ///< each serves heads / kv_heads queries in a row; 0: one each
  int64_t window = 0;    ///< as AttentionSpec::window

  int64_t key_heads() const { return kv_heads > 0 ? kv_heads : heads; }
  int64_t group() const { return heads / key_heads(); }
};

/// softmax(scale * q k^T) v within each sequence. \param q [Q, h * d_h] of `queries`, a layout with
/// the groups of `keys`; the same one, or fewer queries, which is not causal. \param k, v [N,
/// key_heads * d_h], views allowed. \return [Q, h * d_h]
at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const LayoutPointer& queries, const LayoutPointer& keys,
                     const AttentionOptions& options);

}  // namespace eida

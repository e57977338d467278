#include "eida/model/attention.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/full.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/zeros.h>

#include <limits>
#include <optional>

#include "layers.h"

namespace eida {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// Whether there is a pair of tokens that are too far from each other.
bool beyond_window(const LengthGroup& group, const AttentionOptions& options) {
  return options.window > 0 && group.width > (options.causal ? options.window : options.window / 2);
}

/// What hides keys from queries by their places alone. // [T_q, T_g]
at::Tensor place_mask(const LengthGroup& group, const AttentionOptions& options, int64_t queries,
                      at::TensorOptions like) {
  const auto full = [&](double value) { return at::full({group.width, group.width}, value, like); };
  if (options.causal) {
    const at::Tensor later = full(kMinusInfinity).triu(1);
    return beyond_window(group, options) ? later + full(kMinusInfinity).tril(-options.window)
                                         : later;
  }
  // Finite: a query at padding may have no other key than these.
  const at::Tensor far = full(like.dtype() == at::kHalf ? -3e4 : -1e30);
  const int64_t reach = options.window / 2;
  return (far.triu(reach + 1) + far.tril(-reach - 1)).narrow(0, 0, queries);
}

/// What is added to the scores, in a shape that broadcasts to theirs; undefined for nothing. A key
/// head's queries lie one head below the other. \param queries T_q, the first tokens of each
/// sequence // [S_g key_heads, group T_q, T_g]
at::Tensor score_bias(const LengthGroup& group, const AttentionOptions& options, int64_t queries,
                      at::TensorOptions like) {
  at::Tensor places;
  if (options.causal || beyond_window(group, options))
    places = place_mask(group, options, queries, like).unsqueeze(0).repeat({1, options.group(), 1});
  // Keys at padding come after every token of their sequence: the causal triangle hides them too.
  if (options.causal) return places;
  at::Tensor keys;
  if (group.padded) keys = group.key_bias.to(like).repeat_interleave(options.key_heads(), 0);
  if (places.defined()) keys = keys.defined() ? keys + places : places;
  if (!options.bias.defined()) return keys;
  const at::Tensor of_heads =
      options.bias.narrow(1, 0, queries)
          .narrow(2, 0, group.width)
          .to(like)
          .reshape({options.key_heads(), options.group() * queries, group.width})
          .repeat({group.sequences(), 1, 1});
  return keys.defined() ? keys + of_heads : of_heads;
}

/// Scores, softmax and mean of the values as separate products.
at::Tensor explicit_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& value,
                              const LengthGroup& group, const AttentionOptions& options) {
  const at::Tensor query = options.upcast ? q.to(at::kFloat) : q;
  const at::Tensor key = options.upcast ? k.to(at::kFloat) : k;
  const auto batch = [](const at::Tensor& x) { return x.flatten(0, 1); };  // [S_g key_heads, …]
  const int64_t sequences = query.size(0), heads = options.key_heads(), width = query.size(3);
  const at::Tensor grouped =
      query.view({sequences * heads, options.group() * query.size(2), width});
  const at::Tensor bias = score_bias(group, options, query.size(2), query.options());
  const at::Tensor scores =
      at::baddbmm(bias.defined() ? bias : at::zeros({1, 1, 1}, query.options()), grouped,
                  batch(key).transpose(1, 2), bias.defined() ? 1 : 0, options.scale);
  // [S_g key_heads, group T_g, T_g]
  at::Tensor weights = scores.softmax(-1).to(value.scalar_type());
  weights = drop(weights, options.dropout, /*training=*/true);
  return at::bmm(weights, batch(value)).view_as(query);  // [S_g, h, T_g, d_h]
}

/// Measured on 2 cores with avx512_bf16, forward and backward, d_h = 64: float32 breaks even near
/// 256 tokens (1.7 times faster at 1024), bfloat16 between 512 and 1024 (at 72 it takes 4 times as
/// long).
bool fused_is_faster(const at::Tensor& query, const AttentionOptions& options) {
  if (options.upcast && query.scalar_type() != at::kFloat) return false;
  if (options.bias.defined()) return false;  // its gradient
  if (!query.is_cpu()) return true;
  if (options.dropout > 0.0) return false;  // the CPU kernel has none
  return query.size(2) >= (query.scalar_type() == at::kFloat ? 256 : 768);
}

at::Tensor fused_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                           const LengthGroup& group, const AttentionOptions& options) {
  std::optional<at::Tensor> bias;
  const int64_t queries = query.size(2);
  const bool windowed = beyond_window(group, options);
  if (group.padded && !options.causal)
    bias = group.key_bias.to(query.options()).unsqueeze(1);  // [S_g, 1, 1, T_g]
  if (windowed) {
    const at::Tensor places = place_mask(group, options, queries, query.options());
    bias = bias ? *bias + places : places.view({1, 1, queries, group.width});
  }
  if (bias) bias = bias->expand({group.sequences(), 1, queries, group.width});
  return at::scaled_dot_product_attention(query, key, value, bias, options.dropout,
                                          options.causal && !windowed, options.scale,
                                          /*enable_gqa=*/options.group() > 1);
}

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const LayoutPointer& queries, const LayoutPointer& keys,
                     const AttentionOptions& options) {
  const auto query = pad_heads(q, queries, options.heads);
  const auto key = pad_heads(k, keys, options.key_heads());
  const auto value = pad_heads(v, keys, options.key_heads());
  std::vector<at::Tensor> contexts;
  for (size_t g = 0; g < keys->groups.size(); ++g) {
    const auto compute = fused_is_faster(query[g], options) ? fused_attention : explicit_attention;
    contexts.push_back(compute(query[g], key[g], value[g], keys->groups[g], options));
  }
  return unpad_heads(contexts, queries);
}

}  // namespace eida

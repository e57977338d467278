#include "eida/model/attention.h"

#include <ATen/ops/baddbmm.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <limits>

#include "padding.h"

namespace eida {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

/// What is added to the scores. // [S_g h, 1, T_g], [1, T_g, T_g], or undefined for nothing
at::Tensor score_bias(const LengthGroup& group, const AttentionOptions& options,
                      at::TensorOptions like) {
  // Keys at padding come after every token of their sequence: the causal triangle hides them too.
  if (options.causal) return at::full({1, group.width, group.width}, kMinusInfinity, like).triu(1);
  if (!group.padded) return {};
  return group.key_bias.to(like).repeat_interleave(options.heads, 0);
}

/// Scores, softmax and mean of the values as separate products.
at::Tensor explicit_attention(at::Tensor query, at::Tensor key, const at::Tensor& value,
                              const LengthGroup& group, const AttentionOptions& options) {
  const at::ScalarType dtype = query.scalar_type();
  if (options.upcast) {
    query = query.to(at::kFloat);
    key = key.to(at::kFloat);
  }
  const auto batch = [](const at::Tensor& x) { return x.flatten(0, 1); };  // [S_g h, T_g, d_h]
  const at::Tensor bias = score_bias(group, options, query.options());
  const at::Tensor scores =
      at::baddbmm(bias.defined() ? bias : at::zeros({1, 1, 1}, query.options()), batch(query),
                  batch(key).transpose(1, 2), bias.defined() ? 1 : 0, options.scale);
  at::Tensor weights = scores.softmax(-1).to(dtype);  // [S_g h, T_g, T_g]
  if (options.dropout > 0.0) weights = at::dropout(weights, options.dropout, /*train=*/true);
  return at::bmm(weights, batch(value)).view_as(value);  // [S_g, h, T_g, d_h]
}

}  // namespace

at::Tensor attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                     const std::shared_ptr<const SequenceLayout>& layout,
                     const AttentionOptions& options) {
  const auto query = pad_heads(q, layout, options.heads);
  const auto key = pad_heads(k, layout, options.heads);
  const auto value = pad_heads(v, layout, options.heads);
  std::vector<at::Tensor> contexts;
  for (size_t g = 0; g < layout->groups.size(); ++g) {
    contexts.push_back(explicit_attention(query[g], key[g], value[g], layout->groups[g], options));
  }
  return unpad_heads(contexts, layout);
}

}  // namespace eida

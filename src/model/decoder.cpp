#include "decoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>

#include "affine.h"
#include "checkpointing.h"
#include "cross_entropy.h"
#include "dropout.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

at::Tensor positions(const PackedBatch& batch) {  // [N]
  std::vector<int64_t> values;
  for (size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
    for (int64_t t = 0; t < batch.offsets[s + 1] - batch.offsets[s]; ++t) values.push_back(t);
  }
  return at::tensor(values, at::TensorOptions(at::kLong));
}

}  // namespace

Decoder::Decoder(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : PretrainedModel(config, std::move(parameters)) {
  const ParameterSource source = source_of(parameters_);
  word_table_ = source("transformer.wte.weight");
  position_table_ = source("transformer.wpe.weight");
  for (int64_t l = 0; l < config.num_layers; ++l) {
    const std::string name = fmt::format("transformer.h.{}.", l);
    const auto linear = [&](const char* part) {
      return make_linear(source, name + part, WeightLayout::kInOut);
    };
    layers_.push_back(std::make_unique<DecoderLayer>(DecoderLayer{
        make_layer_norm(source, name + "ln_1", config.layer_norm_eps),
        make_layer_norm(source, name + "ln_2", config.layer_norm_eps), linear("attn.c_attn"),
        linear("attn.c_proj"), linear("mlp.c_fc"), linear("mlp.c_proj")}));
  }
  final_norm_ = make_layer_norm(source, "transformer.ln_f", config.layer_norm_eps);
  register_places();
}

void Decoder::register_places() {
  for (size_t i = 0; i < layers_.size(); ++i) {
    DecoderLayer& layer = *layers_[i];
    const auto l = static_cast<int64_t>(i);
    const int64_t d = config_.hidden_size;
    const std::string& fused = layer.c_attn.name();
    places_.add_input(fused + ":in", "q,k,v", l, layer.c_attn.in_features());
    places_.add_site(fused + ":q", "q", d, &layer.c_attn, 0);
    places_.add_site(fused + ":k", "k", d, &layer.c_attn, d);
    places_.add_site(fused + ":v", "v", d, &layer.c_attn, 2 * d);
    const std::array<std::pair<HookableLinear*, const char*>, 3> others = {
        {{&layer.attention_projection, "o"}, {&layer.c_fc, "fc1"}, {&layer.mlp_projection, "fc2"}}};
    for (const auto& [linear, role] : others) {
      places_.add_input(linear->name() + ":in", role, l, linear->in_features());
      places_.add_site(linear->name(), role, linear->out_features(), linear);
    }
  }
}

at::Tensor Decoder::embed(const PackedBatch& batch) const {
  const at::Device device = word_table_.device();
  return embed_tokens(to_device(batch.ids, device), to_device(positions(batch), device));
}

at::Tensor Decoder::embed_tokens(const at::Tensor& ids, const at::Tensor& positions) const {
  const at::Tensor x = look_up(word_table_, ids) + look_up(position_table_, positions);
  return drop(x, config_.embedding_dropout, training_).to(compute_dtype_);
}

at::Tensor Decoder::run_layer(size_t index, const at::Tensor& x,
                              const std::shared_ptr<const SequenceLayout>& layout,
                              const at::Tensor& rows) const {
  const auto attend = [&](const at::Tensor& qkv, const AttentionOptions& options) {
    const auto parts = qkv.split(config_.hidden_size, 1);  // 3 of [N, d]
    return attention(parts[0], parts[1], parts[2], layout, options);
  };
  return run_layer(index, x, attend, rows);
}

at::Tensor Decoder::run_layer(size_t index, const at::Tensor& x, const TokenMixer& mix,
                              const at::Tensor& rows) const {
  const DecoderLayer& layer = *layers_[index];
  AttentionOptions options{config_.num_heads, true, 1.0, config_.reorder_and_upcast_attn,
                           training_ ? config_.attention_dropout : 0.0};
  if (config_.scale_attn_weights)
    options.scale /= std::sqrt(static_cast<double>(config_.head_dim()));
  if (config_.scale_attn_by_inverse_layer_idx) options.scale /= static_cast<double>(index + 1);
  const auto chosen = [&](const at::Tensor& all) {
    return rows.defined() ? all.index_select(0, rows) : all;
  };
  const at::Tensor context = chosen(mix(layer.c_attn.forward(layer.norm_1(x)), options));
  const at::Tensor mixed = drop_add(layer.attention_projection.forward(context), chosen(x),
                                    config_.hidden_dropout, training_);
  const at::Tensor inner = activate(layer.c_fc.forward(layer.norm_2(mixed)), config_.activation);
  return drop_add(layer.mlp_projection.forward(inner), mixed, config_.hidden_dropout, training_);
}

at::Tensor Decoder::scored_hidden(const PackedBatch& batch) const {
  check_lengths(batch.offsets, config_.max_length());
  check_ids(batch.ids, config_.vocab_size, "token id");
  const auto layout = make_layout(batch.offsets, word_table_.device());
  at::Tensor x = embed(batch);
  // Only rows whose next token is scored meet the vocabulary, the largest matrix of the model, and
  // behind the last attention nobody but a sampler needs the others.
  const at::Tensor scored = to_device(batch.target_rows, x.device());
  const bool watched = layers_.back()->tapped();
  for (size_t l = 0; l < layers_.size(); ++l) {
    const at::Tensor rows = l + 1 == layers_.size() && !watched ? scored : at::Tensor();
    const auto layer = [this, l, layout, rows](const at::Tensor& in) {
      return run_layer(l, in, layout, rows);
    };
    x = checkpointing_ && training_ ? checkpointed(layer, x) : layer(x);
  }
  return final_norm_(watched ? x.index_select(0, scored) : x);
}

at::Tensor Decoder::logits(const PackedBatch& batch) {
  const at::Tensor x = scored_hidden(batch);
  return affine(x, in_dtype(word_table_, x.scalar_type(), cast_word_table_)).to(at::kFloat);
}

at::Tensor Decoder::loss(const PackedBatch& batch, double label_smoothing) {
  const at::Tensor x = scored_hidden(batch);
  return linear_cross_entropy(x, word_table_, cast_word_table_,
                              {to_device(batch.targets, x.device()),
                               to_device(batch.target_weights, x.device()), label_smoothing});
}

}  // namespace eida

#include "encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "checkpointing.h"
#include "dropout.h"
#include "eida/tensor/device.h"

namespace eida {
namespace {

/// Row of each token in the position table. RoBERTa counts from pad_token_id + 1 and skips tokens
/// that are the padding token. Source: transformers, create_position_ids_from_input_ids.
at::Tensor positions(const PackedBatch& batch, const ModelConfig& config) {  // [N]
  std::vector<int64_t> values(static_cast<size_t>(batch.tokens()));
  const at::Tensor ids = batch.ids.cpu().contiguous();
  const auto* id = ids.const_data_ptr<int64_t>();
  for (size_t s = 0; s + 1 < batch.offsets.size(); ++s) {
    int64_t next = 0;
    for (int64_t t = batch.offsets[s]; t < batch.offsets[s + 1]; ++t) {
      auto& value = values[static_cast<size_t>(t)];
      if (config.family == Family::kBert) {
        value = next++;
      } else {
        value = id[t] == config.pad_token_id ? config.pad_token_id : ++next + config.pad_token_id;
      }
    }
  }
  return at::tensor(values, at::TensorOptions(at::kLong));
}

at::Tensor first_rows(const at::Tensor& x, const PackedBatch& batch) {  // [N, d] -> [S, d]
  const std::vector<int64_t> first(batch.offsets.begin(), batch.offsets.end() - 1);
  return x.index_select(0, to_device(at::tensor(first, at::TensorOptions(at::kLong)), x.device()));
}

}  // namespace

Encoder::Encoder(const ModelConfig& config, std::vector<NamedTensor> parameters)
    : PretrainedModel(config, std::move(parameters)) {
  const ParameterSource source = source_of(parameters_);
  const std::string base = config.prefix();
  word_table_ = source(base + "embeddings.word_embeddings.weight");
  position_table_ = source(base + "embeddings.position_embeddings.weight");
  type_table_ = source(base + "embeddings.token_type_embeddings.weight");
  embedding_norm_ = make_layer_norm(source, base + "embeddings.LayerNorm", config.layer_norm_eps);
  for (int64_t l = 0; l < config.num_layers; ++l) {
    const std::string name = fmt::format("{}encoder.layer.{}.", base, l);
    const auto linear = [&](const char* part) {
      return make_linear(source, name + part, WeightLayout::kOutIn);
    };
    layers_.push_back(std::make_unique<EncoderLayer>(EncoderLayer{
        linear("attention.self.query"), linear("attention.self.key"),
        linear("attention.self.value"), linear("attention.output.dense"),
        linear("intermediate.dense"), linear("output.dense"),
        make_layer_norm(source, name + "attention.output.LayerNorm", config.layer_norm_eps),
        make_layer_norm(source, name + "output.LayerNorm", config.layer_norm_eps)}));
  }
  const bool bert = config.family == Family::kBert;
  head_dense_ =
      make_linear(source, bert ? "bert.pooler.dense" : "classifier.dense", WeightLayout::kOutIn);
  head_output_ =
      make_linear(source, bert ? "classifier" : "classifier.out_proj", WeightLayout::kOutIn);
  register_places();
}

void Encoder::register_places() {
  const auto add = [&](int64_t layer, const std::string& place, const std::string& role,
                       const std::vector<std::pair<std::string, HookableLinear*>>& linears,
                       bool in_head = false) {
    places_.add_input(place + ":in", role, layer, linears.front().second->in_features(), in_head);
    for (const auto& [weight, linear] : linears)
      places_.add_site(linear->name(), weight, linear->out_features(), linear);
  };
  for (size_t i = 0; i < layers_.size(); ++i) {
    EncoderLayer& layer = *layers_[i];
    const auto l = static_cast<int64_t>(i);
    const std::string name = fmt::format("{}encoder.layer.{}.", config_.prefix(), l);
    add(l, name + "attention.self", "q,k,v",
        {{"q", &layer.query}, {"k", &layer.key}, {"v", &layer.value}});
    add(l, name + "attention.output.dense", "o", {{"o", &layer.attention_output}});
    add(l, name + "intermediate.dense", "fc1", {{"fc1", &layer.intermediate}});
    add(l, name + "output.dense", "fc2", {{"fc2", &layer.output}});
  }
  const std::string head = config_.family == Family::kBert ? "pooler.dense" : "classifier.dense";
  add(config_.num_layers, head_dense_.name(), head, {{head, &head_dense_}}, /*in_head=*/true);
}

at::Tensor Encoder::embed(const PackedBatch& batch) const {
  const at::Device device = word_table_.device();
  const int64_t pad = config_.pad_token_id;
  const at::Tensor x = look_up(word_table_, to_device(batch.ids, device), pad) +
                       look_up(type_table_, to_device(batch.type_ids, device)) +
                       look_up(position_table_, to_device(positions(batch, config_), device),
                               config_.family == Family::kRoberta ? pad : -1);
  return drop(embedding_norm_(x), config_.embedding_dropout, training_)
      .to(compute_dtype_);  // [N, d]
}

AttentionOptions Encoder::attention_options() const {
  return {config_.num_heads, false, 1.0 / std::sqrt(static_cast<double>(config_.head_dim())), false,
          training_ ? config_.attention_dropout : 0.0};
}

at::Tensor Encoder::finish_layer(const EncoderLayer& layer, const at::Tensor& context,
                                 const at::Tensor& residual) const {
  const at::Tensor mixed = layer.attention_norm(drop_add(
      layer.attention_output.forward(context), residual, config_.hidden_dropout, training_));
  const at::Tensor inner = activate(layer.intermediate.forward(mixed), config_.activation);
  return layer.output_norm(
      drop_add(layer.output.forward(inner), mixed, config_.hidden_dropout, training_));
}

at::Tensor Encoder::run_layer(const EncoderLayer& layer, const at::Tensor& x,
                              const std::shared_ptr<const SequenceLayout>& layout) const {
  const at::Tensor context = attention(layer.query.forward(x), layer.key.forward(x),
                                       layer.value.forward(x), layout, attention_options());
  return finish_layer(layer, context, x);
}

at::Tensor Encoder::run_last_layer(const EncoderLayer& layer, const at::Tensor& x,
                                   const std::shared_ptr<const SequenceLayout>& layout,
                                   const PackedBatch& batch) const {
  const at::Tensor first = first_rows(x, batch);
  const auto queries = first_token_layout(*layout, batch.offsets, x.device());
  const at::Tensor context =
      attention(layer.query.forward(first), layer.key.forward(x), layer.value.forward(x), queries,
                layout, attention_options());
  return finish_layer(layer, context, first);
}

at::Tensor Encoder::classify(const at::Tensor& first_tokens) const {
  at::Tensor x = first_tokens;
  if (config_.family == Family::kRoberta) x = drop(x, config_.classifier_dropout, training_);
  x = drop(head_dense_.forward(x).tanh(), config_.classifier_dropout, training_);
  return head_output_.forward(x).to(at::kFloat);
}

at::Tensor Encoder::logits(const PackedBatch& batch) {
  check_lengths(batch.offsets, config_.max_length());
  check_ids(batch.ids, config_.vocab_size, "token id");
  check_ids(batch.type_ids, config_.type_vocab_size, "token type");
  const auto layout = make_layout(batch.offsets, word_table_.device());
  at::Tensor x = embed(batch);
  // A sampler sees every token in every layer; anyone else needs first tokens behind the last one.
  const bool watched = head_dense_.tap() != nullptr || layers_.back()->tapped();
  for (const auto& layer : layers_) {
    const bool last = layer == layers_.back() && !watched;
    const auto run = [this, &layer, layout, last, &batch](const at::Tensor& in) {
      return last ? run_last_layer(*layer, in, layout, batch) : run_layer(*layer, in, layout);
    };
    x = checkpointing_ && training_ && !last ? checkpointed(run, x) : run(x);
  }
  if (watched) {
    if (head_dense_.tap() != nullptr) head_dense_.tap()->on_sequence_output(x.detach());
    x = first_rows(x, batch);
  }
  return classify(x).index_select(0, to_device(batch.target_rows, x.device()));  // [M, C]
}

at::Tensor Encoder::loss(const PackedBatch& batch, double label_smoothing) {
  return weighted_cross_entropy(logits(batch), batch, label_smoothing);
}

}  // namespace eida

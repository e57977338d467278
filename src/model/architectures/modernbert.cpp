// ModernBERT: pre-norm blocks with fused projections, rotary positions and gated MLPs; every n-th
// layer sees all, the others a window; the first has no norm before its attention.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "eida/model/hookable_linear.h"
#include "llama_like.h"

namespace eida {
namespace {

void read_numbers(const ConfigReader& reader, ModelConfig& config) {
  config.hidden_size = reader.integer("hidden_size", 1, kMaxSize);
  config.num_layers = reader.integer("num_hidden_layers", 1, 1000);
  config.num_heads = reader.integer("num_attention_heads", 1, 10000);
  config.intermediate_size = reader.integer("intermediate_size", 1, kMaxSize);
  config.max_positions = reader.integer("max_position_embeddings", 1, kMaxSize);
  config.embedding_dropout = reader.number_or("embedding_dropout", 0.0, 0.0, 1.0);
  config.classifier_dropout = reader.number_or("classifier_dropout", 0.0, 0.0, 1.0);
  // Ours are of other places: behind each branch and of the attention's weights alone.
  for (const char* key : {"attention_dropout", "mlp_dropout"}) {
    if (reader.number_or(key, 0.0, 0.0, 1.0) != 0.0) reader.unsupported(key, "0");
  }
  config.hidden_dropout = config.attention_dropout = 0.0;
  config.pad_token_id = reader.integer_or("pad_token_id", 50283, -1, kMaxSize);
  config.bos_token_id = reader.integer_or("bos_token_id", 50281, -1, kMaxSize);
  config.eos_token_id = reader.integer_or("eos_token_id", 50282, -1, kMaxSize);
  reader.one_of("position_embedding_type", "absolute", {"absolute", "rope"});
  // Of initial values, of the head over the vocabulary, and of how transformers computes.
  for (const char* key :
       {"initializer_cutoff_factor", "decoder_bias", "sparse_prediction",
        "sparse_pred_ignore_index", "tie_word_embeddings", "deterministic_flash_attn",
        "reference_compile", "repad_logits_with_grad", "layer_norm_eps"})
    reader.has(key);
}

/// What the keys say about norms and biases.
struct Parts {
  bool norm_bias, attention_bias, mlp_bias;
  double eps, projection_std;  ///< of layers that lead into the residual stream

  NormSpec norm(const std::string& name) const {
    return {name, NormKind::kLayerNorm, eps, 0.0, norm_bias};
  }
};

BlockSpec declare_block(const ModelConfig& config, const Parts& parts, int64_t layer) {
  const std::string name = fmt::format("model.layers.{}.", layer);
  const int64_t d = config.hidden_size, inner = config.intermediate_size;
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.num_heads;
  attention.head_dim = config.head_dim();
  attention.fused = {name + "attn.Wqkv", d, 3 * d, parts.attention_bias};
  attention.output = {name + "attn.Wo", d, d, parts.attention_bias, parts.projection_std};
  attention.positions = PositionEncoding::kRotary;
  attention.scale = 1.0 / std::sqrt(static_cast<double>(config.head_dim()));
  if (layer > 0) block.attention_norms.before = parts.norm(name + "attn_norm");
  block.mlp.fused = {name + "mlp.Wi", d, 2 * inner, parts.mlp_bias};
  block.mlp.down = {name + "mlp.Wo", inner, d, parts.mlp_bias, parts.projection_std};
  block.mlp_norms.before = parts.norm(name + "mlp_norm");
  return block;
}

void set_positions(const ConfigReader& reader, const ModelConfig& config, Architecture& model) {
  const int64_t every = reader.integer_or("global_attn_every_n_layers", 3, 1, kMaxSize);
  std::vector<bool> local;
  for (int64_t l = 0; l < config.num_layers; ++l) local.push_back(l % every != 0);
  local = set_windows(reader, model, reader.integer_or("local_attention", 128, 1, kMaxSize), local);
  const TwoRotations rotations =
      read_rotations(reader, config, {"global_rope_theta", 160000.0}, {"local_rope_theta", 10000.0},
                     /*both_scaled=*/true);
  for (size_t l = 0; l < local.size(); ++l)
    model.blocks[l].attention.rotary = local[l] ? rotations.windowed : rotations.all;
}

ClassHeadSpec declare_head(const ConfigReader& reader, const ModelConfig& config,
                           const Parts& parts) {
  const int64_t d = config.hidden_size;
  ClassHeadSpec head;
  head.pooling = reader.one_of("classifier_pooling", "cls", {"cls", "mean"}) == "mean"
                     ? Pooling::kMean
                     : Pooling::kFirst;
  head.dense = {"head.dense",         d,     d, reader.boolean_or("classifier_bias", false),
                parts.projection_std, "head"};
  head.role = "head.dense";
  head.activation = reader.one_of("classifier_activation", "gelu", supported_activations());
  head.norm = parts.norm("head.norm");
  const double std = 1.0 / std::sqrt(static_cast<double>(d));
  head.output = {
      "classifier", d, config.num_labels, true, std / std::max(1e-9, config.initializer_range),
      "classifier"};
  return head;
}

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  read_numbers(reader, config);
  const Parts parts = {
      reader.boolean_or("norm_bias", false), reader.boolean_or("attention_bias", false),
      reader.boolean_or("mlp_bias", false), reader.number_or("norm_eps", 1e-5, 0.0, 1.0),
      1.0 / std::sqrt(2.0 * static_cast<double>(config.num_layers))};
  Architecture model;
  model.prefix = "model.";
  model.ignored = {"decoder.*"};
  model.layout = WeightLayout::kOutIn;
  model.words = {"model.embeddings.tok_embeddings", config.vocab_size, config.pad_token_id};
  model.embedding_norm = parts.norm("model.embeddings.norm");
  const std::string activation =
      reader.one_of("hidden_activation", "gelu", supported_activations());
  for (int64_t l = 0; l < config.num_layers; ++l) {
    model.blocks.push_back(declare_block(config, parts, l));
    model.blocks.back().mlp.activation = activation;
  }
  set_positions(reader, config, model);
  model.final_norm = parts.norm("model.final_norm");
  model.class_head = declare_head(reader, config, parts);
  return model;
}

}  // namespace

ModelFamily modernbert_family() {
  return {"ModernBERT",
          {{"modernbert", "ModernBert"}},
          {{TaskKind::kClassification, "ForSequenceClassification"}},
          declare};
}

}  // namespace eida

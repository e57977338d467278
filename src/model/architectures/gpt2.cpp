// GPT-2: pre-norm blocks of Conv1D layers, head mostly tied to the words.
#include <fmt/format.h>

#include <cmath>

#include "eida/model/hookable_linear.h"
#include "eida/model/model_config.h"
#include "llama_like.h"

namespace eida {
namespace {

void read_numbers(const ConfigReader& reader, ModelConfig& config) {
  config.hidden_size = reader.size("n_embd", "hidden_size", kMaxSize);
  config.num_layers = reader.size("n_layer", "num_hidden_layers", 1000);
  config.num_heads = reader.size("n_head", "num_attention_heads", 10000);
  config.intermediate_size = reader.integer_or("n_inner", 4 * config.hidden_size, 1, kMaxSize);
  config.max_positions = 1024;
  for (const char* key : {"n_ctx", "n_positions", "max_position_embeddings"})
    config.max_positions = reader.integer_or(key, config.max_positions, 1, kMaxSize);
  config.hidden_dropout = reader.number_or("resid_pdrop", 0.1, 0.0, 1.0);
  config.attention_dropout = reader.number_or("attn_pdrop", 0.1, 0.0, 1.0);
  config.embedding_dropout = reader.number_or("embd_pdrop", 0.1, 0.0, 1.0);
  config.bos_token_id = reader.integer_or("bos_token_id", -1, -1, kMaxSize);
  const std::vector<int64_t> ends = reader.token_ids("eos_token_id");
  config.eos_token_id = ends.empty() ? -1 : ends.front();
  config.pad_token_id = reader.integer_or("pad_token_id", -1, -1, kMaxSize);
}

/// What the keys say about every block.
struct BlockKeys {
  std::string activation;
  double eps;
  bool scaled, scaled_by_layer, upcast;
};

BlockKeys read_block_keys(const ConfigReader& reader) {
  return {reader.one_of("activation_function", "gelu_new", supported_activations()),
          reader.number_or("layer_norm_epsilon", 1e-5, 0.0, 1.0),
          reader.boolean_or("scale_attn_weights", true),
          reader.boolean_or("scale_attn_by_inverse_layer_idx", false),
          reader.boolean_or("reorder_and_upcast_attn", false)};
}

BlockSpec declare_block(const ModelConfig& config, const BlockKeys& keys, int64_t layer) {
  const std::string name = fmt::format("transformer.h.{}.", layer);
  const int64_t d = config.hidden_size, inner = config.intermediate_size;
  // Source: Radford et al. (2019), section 2.3: projections into the residual stream start smaller.
  const double projection = 1.0 / std::sqrt(2.0 * static_cast<double>(config.num_layers));
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = attention.kv_heads = config.num_heads;
  attention.head_dim = config.head_dim();
  attention.fused = {name + "attn.c_attn", d, 3 * d};
  attention.output = {name + "attn.c_proj", d, d, true, projection};
  if (keys.scaled) attention.scale /= std::sqrt(static_cast<double>(config.head_dim()));
  if (keys.scaled_by_layer) attention.scale /= static_cast<double>(layer + 1);
  attention.upcast = keys.upcast;
  block.attention_norms.before = {name + "ln_1", NormKind::kLayerNorm, keys.eps};
  block.mlp.up = {name + "mlp.c_fc", d, inner};
  block.mlp.down = {name + "mlp.c_proj", inner, d, true, projection};
  block.mlp.activation = keys.activation;
  block.mlp_norms.before = {name + "ln_2", NormKind::kLayerNorm, keys.eps};
  return block;
}

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  read_numbers(reader, config);
  const BlockKeys keys = read_block_keys(reader);
  Architecture model;
  model.prefix = "transformer.";
  model.ignored = {"*position_ids", "*token_type_ids", "lm_head.*", "*.attn.bias",
                   "*.attn.masked_bias"};
  model.layout = WeightLayout::kInOut;
  model.causal = true;
  model.words = {"transformer.wte", config.vocab_size};
  model.positions = {"transformer.wpe", config.max_positions};
  for (int64_t l = 0; l < config.num_layers; ++l)
    model.blocks.push_back(declare_block(config, keys, l));
  model.final_norm = {"transformer.ln_f", NormKind::kLayerNorm, keys.eps};
  add_decoder_head(model, config, reader.boolean_or("tie_word_embeddings", true));
  return model;
}

bool recognises(const ConfigReader& reader) { return reader.has("n_embd"); }

}  // namespace

ModelFamily gpt2_family() {
  return {"GPT-2",
          {{"gpt2", "GPT2"}},
          {{TaskKind::kCompletion, "LMHeadModel"},
           {TaskKind::kClassification, "ForSequenceClassification"}},
          declare,
          recognises};
}

}  // namespace eida

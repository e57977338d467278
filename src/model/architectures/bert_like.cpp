#include "bert_like.h"

#include <fmt/format.h>

#include <cmath>

#include "eida/model/hookable_linear.h"
#include "families.h"

namespace eida {
namespace {

void read_numbers(const ConfigReader& reader, ModelConfig& config, const BertLike& names) {
  config.hidden_size = reader.integer("hidden_size", 1, kMaxSize);
  config.num_layers = reader.integer("num_hidden_layers", 1, 1000);
  config.num_heads = reader.integer("num_attention_heads", 1, 10000);
  config.intermediate_size = reader.integer("intermediate_size", 1, kMaxSize);
  config.max_positions = reader.integer("max_position_embeddings", 1, kMaxSize);
  config.hidden_dropout = reader.number_or("hidden_dropout_prob", 0.1, 0.0, 1.0);
  config.attention_dropout = reader.number_or("attention_probs_dropout_prob", 0.1, 0.0, 1.0);
  config.embedding_dropout = config.hidden_dropout;
  config.classifier_dropout =
      reader.number_or("classifier_dropout", config.hidden_dropout, 0.0, 1.0);
  config.pad_token_id = reader.integer_or("pad_token_id", names.pad, 0, kMaxSize);
  config.bos_token_id = reader.integer_or("bos_token_id", names.bos, -1, kMaxSize);
  config.eos_token_id = reader.integer_or("eos_token_id", names.eos, -1, kMaxSize);
  reader.one_of("position_embedding_type", "absolute", {"absolute"});
  reader.must_be("is_decoder", false);
  reader.must_be_unset("embedding_size");
  reader.has("tie_word_embeddings");  // concerns language-model heads, of which we have none here
}

}  // namespace

BlockSpec declare_post_norm_block(const ModelConfig& config, const std::string& block,
                                  const PostNormNames& names, double eps,
                                  const std::string& activation) {
  const int64_t d = config.hidden_size, inner = config.intermediate_size;
  BlockSpec spec;
  AttentionSpec& attention = spec.attention;
  attention.heads = attention.kv_heads = config.num_heads;
  attention.head_dim = config.head_dim();
  attention.input = block + names.attention;
  attention.query = {block + names.query, d, d};
  attention.key = {block + names.key, d, d};
  attention.value = {block + names.value, d, d};
  attention.output = {block + names.output, d, d};
  attention.scale = 1.0 / std::sqrt(static_cast<double>(config.head_dim()));
  spec.attention_norms.after = {block + names.attention_norm, NormKind::kLayerNorm, eps};
  spec.mlp.up = {block + names.up, d, inner};
  spec.mlp.down = {block + names.down, inner, d};
  spec.mlp.activation = activation;
  spec.mlp_norms.after = {block + names.mlp_norm, NormKind::kLayerNorm, eps};
  return spec;
}

Architecture declare_bert_like(const ConfigReader& reader, ModelConfig& config,
                               const BertLike& names) {
  read_numbers(reader, config, names);
  const int64_t types = reader.integer_or("type_vocab_size", 2, 1, kMaxSize);
  const double eps = reader.number_or("layer_norm_eps", 1e-12, 0.0, 1.0);
  const std::string activation = reader.one_of("hidden_act", "gelu", supported_activations());
  Architecture model;
  model.prefix = names.prefix;
  model.ignored = {"*position_ids", "*token_type_ids", "lm_head.*"};
  model.renamed = {{"LayerNorm.gamma", "LayerNorm.weight"}, {"LayerNorm.beta", "LayerNorm.bias"}};
  model.layout = WeightLayout::kOutIn;
  const std::string embeddings = names.prefix + "embeddings.";
  model.words = {embeddings + "word_embeddings", config.vocab_size, config.pad_token_id};
  model.positions = {embeddings + "position_embeddings", config.max_positions};
  model.types = {embeddings + "token_type_embeddings", types};
  model.embedding_norm = {embeddings + "LayerNorm", NormKind::kLayerNorm, eps};
  for (int64_t l = 0; l < config.num_layers; ++l) {
    const std::string name = fmt::format("{}encoder.layer.{}.", names.prefix, l);
    model.blocks.push_back(declare_post_norm_block(config, name, names.in_block, eps, activation));
  }
  return model;
}

void count_from_padding(Architecture& model, const ModelConfig& config) {
  model.positions.padding_row = config.pad_token_id;
  model.first_position = config.pad_token_id + 1;
}

ClassHeadSpec roberta_head(const ModelConfig& config) {
  const int64_t d = config.hidden_size;
  ClassHeadSpec head;
  head.dropout_first = true;
  head.dense = {"classifier.dense", d, d, true, 1.0, "classifier"};
  head.role = "classifier.dense";
  head.activation = "tanh";
  head.output = {"classifier.out_proj", d, config.num_labels, true, 1.0, "classifier"};
  return head;
}

}  // namespace eida

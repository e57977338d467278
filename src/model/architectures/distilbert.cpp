// DistilBERT: BERT without token types and pooler, with names of its own.
#include <fmt/format.h>

#include "bert_like.h"
#include "eida/model/hookable_linear.h"
#include "families.h"

namespace eida {
namespace {

constexpr double kEps = 1e-12;  // no key of config.json. Source: transformers, TransformerBlock

void read_numbers(const ConfigReader& reader, ModelConfig& config) {
  config.hidden_size = reader.size("dim", "hidden_size", kMaxSize);
  config.num_layers = reader.size("n_layers", "num_hidden_layers", 1000);
  config.num_heads = reader.size("n_heads", "num_attention_heads", 10000);
  config.intermediate_size = reader.integer("hidden_dim", 1, kMaxSize);
  config.max_positions = reader.integer("max_position_embeddings", 1, kMaxSize);
  config.hidden_dropout = reader.number_or("dropout", 0.1, 0.0, 1.0);
  config.attention_dropout = reader.number_or("attention_dropout", 0.1, 0.0, 1.0);
  config.embedding_dropout = config.hidden_dropout;
  config.classifier_dropout = reader.number_or("seq_classif_dropout", 0.2, 0.0, 1.0);
  config.pad_token_id = reader.integer_or("pad_token_id", 0, 0, kMaxSize);
  config.bos_token_id = reader.integer_or("bos_token_id", -1, -1, kMaxSize);
  config.eos_token_id = reader.integer_or("eos_token_id", -1, -1, kMaxSize);
  // A table of sinusoids is in the file like one that was learned; the others are of other heads.
  for (const char* key :
       {"sinusoidal_pos_embds", "qa_dropout", "tie_weights_", "tie_word_embeddings"})
    reader.has(key);
}

constexpr PostNormNames kNames = {
    .attention = "attention",
    .query = "attention.q_lin",
    .key = "attention.k_lin",
    .value = "attention.v_lin",
    .output = "attention.out_lin",
    .attention_norm = "sa_layer_norm",
    .up = "ffn.lin1",
    .down = "ffn.lin2",
    .mlp_norm = "output_layer_norm",
};

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  read_numbers(reader, config);
  const int64_t d = config.hidden_size;
  Architecture model;
  model.prefix = "distilbert.";
  model.ignored = {"*position_ids", "vocab_transform.*", "vocab_layer_norm.*", "vocab_projector.*"};
  model.layout = WeightLayout::kOutIn;
  model.words = {"distilbert.embeddings.word_embeddings", config.vocab_size, config.pad_token_id};
  model.positions = {"distilbert.embeddings.position_embeddings", config.max_positions};
  model.embedding_norm = {"distilbert.embeddings.LayerNorm", NormKind::kLayerNorm, kEps};
  const std::string activation = reader.one_of("activation", "gelu", supported_activations());
  for (int64_t l = 0; l < config.num_layers; ++l)
    model.blocks.push_back(declare_post_norm_block(
        config, fmt::format("distilbert.transformer.layer.{}.", l), kNames, kEps, activation));
  ClassHeadSpec& head = model.class_head.emplace();
  head.dense = {"pre_classifier", d, d, true, 1.0, "classifier"};
  head.role = "pre_classifier";
  head.activation = "relu";
  head.output = {"classifier", d, config.num_labels, true, 1.0, "classifier"};
  return model;
}

}  // namespace

ModelFamily distilbert_family() {
  return {"DistilBERT",
          {{"distilbert", "DistilBert"}},
          {{TaskKind::kClassification, "ForSequenceClassification"}},
          declare};
}

}  // namespace eida

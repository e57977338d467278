// MPNet: RoBERTa's positions and head, no token types, one relative bias for all layers.
#include <fmt/format.h>

#include "bert_like.h"
#include "families.h"

namespace eida {
namespace {

/// Source: transformers, MPNetEmbeddings and MPNetEncoder, which take these numbers whatever
/// config.json says.
constexpr int64_t kPaddingRow = 1, kBuckets = 32, kMaxDistance = 128;

void rename(BlockSpec& block, const std::string& name) {
  AttentionSpec& attention = block.attention;
  attention.positions = PositionEncoding::kRelativeBias;
  attention.input = name + "attention.attn";
  attention.query.name = name + "attention.attn.q";
  attention.key.name = name + "attention.attn.k";
  attention.value.name = name + "attention.attn.v";
  attention.output.name = name + "attention.attn.o";
  block.attention_norms.after.name = name + "attention.LayerNorm";
}

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  Architecture model = declare_bert_like(reader, config, {"mpnet.", kPaddingRow, 0, 2});
  config.classifier_dropout = config.hidden_dropout;
  model.ignored.emplace_back("*pooler.*");
  model.words.padding_row = model.positions.padding_row = kPaddingRow;
  model.first_position = kPaddingRow + 1;
  model.types = {};
  if (reader.integer_or("relative_attention_num_buckets", kBuckets, 1, kMaxSize) != kBuckets)
    reader.unsupported("relative_attention_num_buckets", "32");
  model.relative_bias = {"mpnet.encoder.relative_attention_bias", kBuckets, kMaxDistance};
  for (int64_t l = 0; l < config.num_layers; ++l)
    rename(model.blocks[static_cast<size_t>(l)], fmt::format("mpnet.encoder.layer.{}.", l));
  model.class_head = roberta_head(config);
  return model;
}

}  // namespace

ModelFamily mpnet_family() {
  return {"MPNet",
          {{"mpnet", "MPNet"}},
          {{TaskKind::kClassification, "ForSequenceClassification"}},
          declare};
}

}  // namespace eida

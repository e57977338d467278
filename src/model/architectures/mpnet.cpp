// MPNet: RoBERTa's positions and head, no token types, one relative bias for all layers.
#include "bert_like.h"
#include "families.h"

namespace eida {
namespace {

/// Source: transformers, MPNetEmbeddings and MPNetEncoder, which take these numbers whatever
/// config.json says.
constexpr int64_t kPaddingRow = 1, kBuckets = 32, kMaxDistance = 128;

PostNormNames block_names() {
  PostNormNames names;
  names.attention = "attention.attn";
  names.query = "attention.attn.q";
  names.key = "attention.attn.k";
  names.value = "attention.attn.v";
  names.output = "attention.attn.o";
  names.attention_norm = "attention.LayerNorm";
  return names;
}

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  Architecture model =
      declare_bert_like(reader, config, {"mpnet.", kPaddingRow, 0, 2, block_names()});
  config.classifier_dropout = config.hidden_dropout;
  model.ignored.emplace_back("*pooler.*");
  model.words.padding_row = model.positions.padding_row = kPaddingRow;
  model.first_position = kPaddingRow + 1;
  model.types = {};
  if (reader.integer_or("relative_attention_num_buckets", kBuckets, 1, kMaxSize) != kBuckets)
    reader.unsupported("relative_attention_num_buckets", "32");
  model.relative_bias = {"mpnet.encoder.relative_attention_bias", kBuckets, kMaxDistance};
  for (BlockSpec& block : model.blocks) block.attention.positions = PositionEncoding::kRelativeBias;
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

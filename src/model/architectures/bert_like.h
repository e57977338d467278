// What BERT and its descendants have in common.
#pragma once

#include "../config_reader.h"
#include "eida/model/model_config.h"

namespace eida {

/// Names within a post-norm block, BERT's where nothing else is said.
struct PostNormNames {
  const char* attention = "attention.self";  ///< the module that X enters
  const char* query = "attention.self.query";
  const char* key = "attention.self.key";
  const char* value = "attention.self.value";
  const char* output = "attention.output.dense";
  const char* attention_norm = "attention.output.LayerNorm";
  const char* up = "intermediate.dense";
  const char* down = "output.dense";
  const char* mlp_norm = "output.LayerNorm";
};

/// Separate projections and a plain MLP, a norm behind each. \param block prefix of all names
BlockSpec declare_post_norm_block(const ModelConfig& config, const std::string& block,
                                  const PostNormNames& names, double eps,
                                  const std::string& activation);

/// Names and defaults in which they differ.
struct BertLike {
  std::string prefix;
  int64_t pad = 0, bos = -1, eos = -1;  ///< token ids where config.json has none
  PostNormNames in_block = {};
};

/// Reads transformers' BERT keys and declares everything but the head: post-norm blocks with
/// separate projections, three tables, positions from 0.
Architecture declare_bert_like(const ConfigReader& reader, ModelConfig& config,
                               const BertLike& names);

/// Positions as RoBERTa has them: from pad_token_id + 1, without tokens that are the padding token.
void count_from_padding(Architecture& model, const ModelConfig& config);

/// RoBERTa's head on the first token: dropout, dense, tanh, dropout, output.
ClassHeadSpec roberta_head(const ModelConfig& config);

}  // namespace eida

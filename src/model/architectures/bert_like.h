// What BERT and its descendants have in common.
#pragma once

#include "../config_reader.h"
#include "eida/model/model_config.h"

namespace eida {

/// Names and defaults in which they differ.
struct BertLike {
  std::string prefix;
  int64_t pad = 0, bos = -1, eos = -1;  ///< token ids where config.json has none
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

/// What config.json says about an architecture.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eida/data/example.h"

namespace eida {

enum class Family { kRoberta, kBert, kGpt2 };

/// Architecture of a Hugging Face model. Field names are transformers'.
struct ModelConfig {
  Family family = Family::kRoberta;
  std::string model_type;  ///< roberta, camembert, xlm-roberta, bert, gpt2
  int64_t vocab_size = 0, hidden_size = 0, num_layers = 0, num_heads = 0, intermediate_size = 0;
  int64_t max_positions = 0;    ///< rows of the position table
  int64_t type_vocab_size = 0;  ///< 0: no token types (GPT-2)
  int64_t num_labels = 2;
  int64_t pad_token_id = -1, bos_token_id = -1, eos_token_id = -1;
  std::string activation;  ///< gelu, gelu_new, relu, …
  double layer_norm_eps = 1e-5, initializer_range = 0.02;
  double hidden_dropout = 0.1, attention_dropout = 0.1, embedding_dropout = 0.1,
         classifier_dropout = 0.1;
  bool scale_attn_weights = true, scale_attn_by_inverse_layer_idx = false,
       reorder_and_upcast_attn = false;
  std::shared_ptr<const nlohmann::json> original;  ///< the whole file, kept for saving

  int64_t head_dim() const { return hidden_size / num_heads; }
  /// Tokens a sequence may have: RoBERTa's position table starts at pad_token_id + 1.
  int64_t max_length() const {
    return family == Family::kRoberta ? max_positions - pad_token_id - 1 : max_positions;
  }
  /// "roberta.", "bert.", "transformer.": in front of every name but the head's.
  std::string prefix() const;
};

/// Reads DIR/config.json. \throws FormatError names file, key and value of anything that is
/// missing, out of range or not supported: no value is ignored that would change a result.
ModelConfig read_model_config(const std::filesystem::path& dir, TaskKind task);

}  // namespace eida

/// What config.json says about a model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "eida/data/example.h"
#include "eida/model/architecture.h"

namespace eida {

/// Numbers that all families have, under transformers' names, and the family's declaration.
struct ModelConfig {
  std::string model_type;  ///< of a registered family: "roberta", "bert", "gpt2", …
  TaskKind task = TaskKind::kClassification;
  int64_t vocab_size = 0, hidden_size = 0, num_layers = 0, num_heads = 0, intermediate_size = 0;
  int64_t max_positions = 0;
  int64_t num_labels = 2;
  int64_t pad_token_id = -1, bos_token_id = -1, eos_token_id = -1;
  double initializer_range = 0.02;
  double hidden_dropout = 0.1, attention_dropout = 0.1, embedding_dropout = 0.1,
         classifier_dropout = 0.1;
  std::shared_ptr<const Architecture> architecture;
  std::shared_ptr<const nlohmann::json> original;  ///< the whole file, kept for saving

  int64_t head_width = 0;  ///< of the file; 0: the heads share hidden_size
  int64_t head_dim() const { return head_width > 0 ? head_width : hidden_size / num_heads; }
  /// Tokens a sequence may have: RoBERTa's position table starts at pad_token_id + 1.
  int64_t max_length() const { return max_positions - architecture->first_position; }
};

/// Reads DIR/config.json. \throws FormatError names file, key and value of anything that is
/// missing, out of range or not supported: no value is ignored that would change a result.
ModelConfig read_model_config(const std::filesystem::path& dir, TaskKind task);

/// Checks a model's folder before all else is read. \throws FormatError `dir` is no folder with a
/// config.json, or its model type does not fit the task
void check_model_folder(const std::filesystem::path& dir, TaskKind task);

/// \throws FormatError the folder, which lacks what is read, has a *.gguf file
void refuse_gguf(const std::filesystem::path& dir);

/// Tasks that models of the folder's type can serve. \throws FormatError as above
std::vector<TaskKind> served_tasks(const std::filesystem::path& dir);

/// Ids of the tokens that end texts: config.json's, then others of generation_config.json, where it
/// is there; either may name none.
std::vector<int64_t> eos_token_ids(const std::filesystem::path& dir);
/// Rows of the word table, from config.json. \throws FormatError it does not say
int64_t word_table_rows(const std::filesystem::path& dir);

}  // namespace eida

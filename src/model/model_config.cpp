#include "eida/model/model_config.h"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <set>

#include "activations.h"
#include "config_reader.h"
#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "eida/model/model_folder.h"
#include "harmless_keys.h"

namespace eida {
namespace {

constexpr int64_t kMaxSize = int64_t{1} << 24;

const std::set<std::string> kModelTypes = {"roberta", "camembert", "xlm-roberta", "bert", "gpt2"};

/// model_type of "RobertaForMaskedLM" and the like; empty when it says nothing.
std::string model_type_of_architecture(const ConfigReader& reader) {
  const auto& json = reader.json();
  if (!json.contains("architectures") || !json["architectures"].is_array() ||
      json["architectures"].empty() || !json["architectures"][0].is_string()) {
    return "";
  }
  const std::string name = json["architectures"][0];
  if (name.starts_with("Roberta")) return "roberta";
  if (name.starts_with("Camembert")) return "camembert";
  if (name.starts_with("XLMRoberta")) return "xlm-roberta";
  if (name.starts_with("Bert")) return "bert";
  return name.starts_with("GPT2") ? "gpt2" : "";
}

/// Files of early versions have no model_type: then from the class, or from keys that only one
/// family has.
std::string model_type_of(const ConfigReader& reader) {
  if (reader.has("model_type")) return reader.one_of("model_type", "", kModelTypes);
  std::string type = model_type_of_architecture(reader);
  if (!type.empty()) return type;
  if (reader.has("n_embd")) return "gpt2";
  if (!reader.has("hidden_size")) {
    throw FormatError("{}: neither model_type nor the keys of a supported model (wanted: {})",
                      reader.file(), fmt::join(kModelTypes, ", "));
  }
  // RoBERTa has one token type, BERT two.
  return reader.integer_or("type_vocab_size", 2, 1, kMaxSize) == 1 ? "roberta" : "bert";
}

int64_t labels_of(const ConfigReader& reader) {
  if (reader.has("id2label") && reader.json()["id2label"].is_object() &&
      !reader.json()["id2label"].empty()) {
    return static_cast<int64_t>(reader.json()["id2label"].size());
  }
  return reader.integer_or("num_labels", 2, 1, kMaxSize);
}

void read_encoder(const ConfigReader& reader, ModelConfig& config) {
  const bool bert = config.family == Family::kBert;
  config.hidden_size = reader.integer("hidden_size", 1, kMaxSize);
  config.num_layers = reader.integer("num_hidden_layers", 1, 1000);
  config.num_heads = reader.integer("num_attention_heads", 1, 10000);
  config.intermediate_size = reader.integer("intermediate_size", 1, kMaxSize);
  config.max_positions = reader.integer("max_position_embeddings", 1, kMaxSize);
  config.type_vocab_size = reader.integer_or("type_vocab_size", 2, 1, kMaxSize);
  config.activation = reader.one_of("hidden_act", "gelu", supported_activations());
  config.layer_norm_eps = reader.number_or("layer_norm_eps", 1e-12, 0.0, 1.0);
  config.hidden_dropout = reader.number_or("hidden_dropout_prob", 0.1, 0.0, 1.0);
  config.attention_dropout = reader.number_or("attention_probs_dropout_prob", 0.1, 0.0, 1.0);
  config.embedding_dropout = config.hidden_dropout;
  config.classifier_dropout =
      reader.number_or("classifier_dropout", config.hidden_dropout, 0.0, 1.0);
  config.pad_token_id = reader.integer_or("pad_token_id", bert ? 0 : 1, 0, kMaxSize);
  config.bos_token_id = reader.integer_or("bos_token_id", bert ? -1 : 0, -1, kMaxSize);
  config.eos_token_id = reader.integer_or("eos_token_id", bert ? -1 : 2, -1, kMaxSize);
  reader.one_of("position_embedding_type", "absolute", {"absolute"});
  reader.must_be("is_decoder", false);
  reader.must_be_unset("embedding_size");
  reader.has("tie_word_embeddings");  // concerns language-model heads, of which we have none here
}

void read_decoder(const ConfigReader& reader, ModelConfig& config) {
  config.hidden_size = reader.integer("n_embd", 1, kMaxSize);
  config.num_layers = reader.integer("n_layer", 1, 1000);
  config.num_heads = reader.integer("n_head", 1, 10000);
  config.intermediate_size = reader.integer_or("n_inner", 4 * config.hidden_size, 1, kMaxSize);
  config.max_positions =
      reader.integer_or("n_positions", reader.integer_or("n_ctx", 1024, 1, kMaxSize), 1, kMaxSize);
  config.activation = reader.one_of("activation_function", "gelu_new", supported_activations());
  config.layer_norm_eps = reader.number_or("layer_norm_epsilon", 1e-5, 0.0, 1.0);
  config.hidden_dropout = reader.number_or("resid_pdrop", 0.1, 0.0, 1.0);
  config.attention_dropout = reader.number_or("attn_pdrop", 0.1, 0.0, 1.0);
  config.embedding_dropout = reader.number_or("embd_pdrop", 0.1, 0.0, 1.0);
  config.scale_attn_weights = reader.boolean_or("scale_attn_weights", true);
  config.scale_attn_by_inverse_layer_idx =
      reader.boolean_or("scale_attn_by_inverse_layer_idx", false);
  config.reorder_and_upcast_attn = reader.boolean_or("reorder_and_upcast_attn", false);
  config.bos_token_id = reader.integer_or("bos_token_id", config.vocab_size - 1, -1, kMaxSize);
  config.eos_token_id = reader.integer_or("eos_token_id", config.vocab_size - 1, -1, kMaxSize);
  config.pad_token_id = reader.integer_or("pad_token_id", -1, -1, kMaxSize);
  reader.must_be("tie_word_embeddings", true);  // the head is the word table
}

Family family_of(const std::string& model_type) {
  if (model_type == "gpt2") return Family::kGpt2;
  return model_type == "bert" ? Family::kBert : Family::kRoberta;
}

/// Keys of both families that would change the computation.
void refuse_what_changes_results(const ConfigReader& reader) {
  reader.must_be("is_encoder_decoder", false);
  reader.must_be("add_cross_attention", false);
  reader.must_be_unset("quantization_config");
  reader.must_be_unset("pruned_heads");
  reader.one_of("problem_type", "", {"single_label_classification"});
}

void check_sizes(const ModelConfig& config, const std::string& file) {
  if (config.hidden_size % config.num_heads != 0) {
    throw FormatError("{}: hidden size {} is not a multiple of {} heads", file, config.hidden_size,
                      config.num_heads);
  }
  if (config.max_length() < 1) {
    throw FormatError("{}: the position table has {} rows, none for a token", file,
                      config.max_positions);
  }
  if (config.family != Family::kGpt2 && config.pad_token_id >= config.vocab_size) {
    throw FormatError("{}: pad_token_id: {} is not below vocab_size, {}", file, config.pad_token_id,
                      config.vocab_size);
  }
}

void check_task(const std::string& model_type, TaskKind task, const std::string& file) {
  const bool decoder = family_of(model_type) == Family::kGpt2;
  if (decoder == (task == TaskKind::kCompletion)) return;
  throw FormatError(
      "{}: model_type: \"{}\" does not fit a {} task (hint: RoBERTa and BERT classify, GPT-2 "
      "completes)",
      file, model_type, decoder ? "classification" : "completion");
}

/// DIR/config.json, which is there.
std::filesystem::path config_file_of(const std::filesystem::path& dir) {
  if (std::filesystem::is_regular_file(dir)) {
    throw FormatError("{}: is a file, --model takes a folder (hint: --model {})", dir.string(),
                      dir.has_parent_path() ? dir.parent_path().string() : ".");
  }
  if (!std::filesystem::is_directory(dir)) {
    throw FormatError(
        "{}: no such folder (hint: --model takes a Hugging Face folder with config.json; "
        "`hf download NAME --local-dir DIR` makes one)",
        dir.string());
  }
  std::filesystem::path file = dir / "config.json";
  if (!std::filesystem::exists(file)) throw FormatError("{}: config.json is missing", dir.string());
  return file;
}

/// transformers ignores keys that a model type does not have, and so do we, aloud.
void warn_unknown_keys(const ConfigReader& reader) {
  std::vector<std::string> unknown;
  for (const auto& key : reader.unread()) {
    if (!is_harmless_config_key(key)) unknown.push_back(printable(key));
  }
  if (!unknown.empty()) {
    spdlog::warn("{}: keys that are not known and not used: {}", reader.file(),
                 fmt::join(unknown, ", "));
  }
}

}  // namespace

std::string ModelConfig::prefix() const {
  switch (family) {
    case Family::kRoberta:
      return "roberta.";
    case Family::kBert:
      return "bert.";
    case Family::kGpt2:
      return "transformer.";
  }
  return "";
}

void check_model_folder(const std::filesystem::path& dir, TaskKind task) {
  const std::filesystem::path file = config_file_of(dir);
  check_task(model_type_of(ConfigReader(file)), task, file.string());
}

ModelConfig read_model_config(const std::filesystem::path& dir, TaskKind task) {
  const std::filesystem::path file = config_file_of(dir);
  const ConfigReader reader(file);
  ModelConfig config;
  config.original = std::make_shared<const nlohmann::json>(reader.json());
  config.model_type = model_type_of(reader);
  config.family = family_of(config.model_type);
  config.vocab_size = reader.integer("vocab_size", 1, kMaxSize);
  config.initializer_range = reader.number_or("initializer_range", 0.02, 0.0, 100.0);
  config.num_labels = labels_of(reader);
  refuse_what_changes_results(reader);
  if (config.family == Family::kGpt2) {
    read_decoder(reader, config);
  } else {
    read_encoder(reader, config);
  }
  check_sizes(config, file.string());
  check_task(config.model_type, task, file.string());
  warn_unknown_keys(reader);
  return config;
}

}  // namespace eida

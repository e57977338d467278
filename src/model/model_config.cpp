#include "eida/model/model_config.h"

#include <fmt/ranges.h>

#include <array>
#include <set>

#include "activations.h"
#include "eida/core/error.h"
#include "eida/core/json.h"

namespace eida {
namespace {

/// One config.json with errors that name file, key and value.
class ConfigReader {
 public:
  explicit ConfigReader(const std::filesystem::path& file) : file_(file.string()) {
    JsonOptions options;
    options.max_bytes = size_t{16} << 20;
    options.code = ExitCode::kFormat;
    json_ = read_json(file, options);
    if (!json_.is_object()) throw FormatError("{}: not a JSON object", file_);
  }

  const nlohmann::json& json() const { return json_; }
  bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }

  [[noreturn]] void unsupported(const char* key, const std::string& wanted) const {
    throw FormatError("{}: {}: {} is not supported (wanted: {})", file_, key,
                      json_.value(key, nlohmann::json()).dump(), wanted);
  }

  int64_t integer(const char* key, int64_t low, int64_t high) const {
    if (!has(key)) throw FormatError("{}: {} is missing", file_, key);
    const auto& value = json_[key];
    if (!value.is_number_integer() || value.get<int64_t>() < low || value.get<int64_t>() > high) {
      unsupported(key, fmt::format("an integer from {} to {}", low, high));
    }
    return value.get<int64_t>();
  }
  int64_t integer_or(const char* key, int64_t fallback, int64_t low, int64_t high) const {
    return has(key) ? integer(key, low, high) : fallback;
  }
  double number_or(const char* key, double fallback, double low, double high) const {
    if (!has(key)) return fallback;
    const auto& value = json_[key];
    if (!value.is_number() || !(value.get<double>() >= low && value.get<double>() <= high)) {
      unsupported(key, fmt::format("a number from {} to {}", low, high));
    }
    return value.get<double>();
  }
  bool boolean_or(const char* key, bool fallback) const {
    if (!has(key)) return fallback;
    if (!json_[key].is_boolean()) unsupported(key, "true or false");
    return json_[key].get<bool>();
  }
  std::string text_or(const char* key, const std::string& fallback) const {
    if (!has(key)) return fallback;
    if (!json_[key].is_string()) unsupported(key, "a string");
    return json_[key].get<std::string>();
  }
  void must_be_boolean(const char* key, bool wanted) const {
    if (boolean_or(key, wanted) != wanted) unsupported(key, wanted ? "true" : "false");
  }
  void must_be_absent(const char* key) const {
    if (has(key)) unsupported(key, "no such key");
  }
  std::string one_of(const char* key, const std::string& fallback,
                     const std::set<std::string>& choices) const {
    const std::string value = text_or(key, fallback);
    if (!choices.contains(value)) unsupported(key, fmt::format("{}", fmt::join(choices, ", ")));
    return value;
  }

 private:
  std::string file_;
  nlohmann::json json_;
};

constexpr int64_t kMaxSize = int64_t{1} << 24;

/// Family from model_type; files of early versions have none, so from the keys that only one family
/// has.
std::string model_type_of(const ConfigReader& reader, const std::filesystem::path& dir) {
  if (reader.has("model_type")) {
    return reader.one_of("model_type", "", {"roberta", "camembert", "xlm-roberta", "bert", "gpt2"});
  }
  if (reader.has("n_embd")) return "gpt2";
  if (!reader.has("hidden_size")) {
    throw FormatError(
        "{}: neither model_type nor the keys of a supported model (hint: roberta, camembert, "
        "xlm-roberta, bert, gpt2)",
        (dir / "config.json").string());
  }
  // RoBERTa's position table has two rows more than a power of two; BERT has two token types.
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
  reader.must_be_boolean("is_decoder", false);
  reader.must_be_absent("embedding_size");
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
  reader.must_be_boolean("tie_word_embeddings", true);
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

ModelConfig read_model_config(const std::filesystem::path& dir, TaskKind task) {
  const std::filesystem::path file = dir / "config.json";
  if (!std::filesystem::is_directory(dir)) {
    throw FormatError(
        "{}: no such folder (hint: --model takes a Hugging Face folder with config.json)",
        dir.string());
  }
  if (!std::filesystem::exists(file)) throw FormatError("{}: config.json is missing", dir.string());
  const ConfigReader reader(file);
  ModelConfig config;
  config.original = reader.json();
  config.model_type = model_type_of(reader, dir);
  config.family = config.model_type == "gpt2"   ? Family::kGpt2
                  : config.model_type == "bert" ? Family::kBert
                                                : Family::kRoberta;
  config.vocab_size = reader.integer("vocab_size", 1, kMaxSize);
  config.initializer_range = reader.number_or("initializer_range", 0.02, 0.0, 100.0);
  config.num_labels = labels_of(reader);
  reader.must_be_boolean("add_cross_attention", false);
  reader.must_be_absent("quantization_config");
  if (reader.has("pruned_heads") && !reader.json()["pruned_heads"].empty())
    reader.unsupported("pruned_heads", "{}");
  if (config.family == Family::kGpt2)
    read_decoder(reader, config);
  else
    read_encoder(reader, config);
  if (config.hidden_size % config.num_heads != 0) {
    throw FormatError("{}: hidden size {} is not a multiple of {} heads", file.string(),
                      config.hidden_size, config.num_heads);
  }
  if (config.max_length() < 1)
    throw FormatError("{}: the position table has no row for a token", file.string());
  const bool decoder = config.family == Family::kGpt2;
  if (decoder != (task == TaskKind::kCompletion)) {
    throw FormatError(
        "{}: a {} model does not fit a {} task (hint: RoBERTa and BERT classify, GPT-2 completes)",
        file.string(), config.model_type, decoder ? "classification" : "completion");
  }
  return config;
}

}  // namespace eida

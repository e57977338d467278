#include "config_reader.h"

#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

/// Keys that transformers writes and that say nothing about the computation: they change no logit
/// and no gradient.
constexpr std::string_view kHarmless[] = {
    // provenance and storage
    "_name_or_path", "architectures", "transformers_version", "torch_dtype", "dtype", "auto_map",
    "_commit_hash", "tokenizer_class", "finetuning_task", "language", "xla_device", "torchscript",
    "use_bfloat16", "tf_legacy_loss", "_attn_implementation_autoset", "attn_implementation",
    "_attn_implementation", "gradient_checkpointing", "chunk_size_feed_forward", "adapters",
    // labels
    "id2label", "label2id", "num_labels", "_num_labels",
    // what is returned
    "output_attentions", "output_hidden_states", "output_past", "return_dict", "use_cache",
    "output_scores", "return_dict_in_generate",
    // special tokens
    "sep_token_id", "cls_token_id", "mask_token_id", "unk_token_id", "decoder_start_token_id",
    "forced_bos_token_id", "forced_eos_token_id", "prefix",
    // BERT's old pooler description (always the first token) and GPT-2's other heads
    "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
    "pooler_size_per_head", "pooler_type", "n_ctx", "n_special", "predict_special_tokens",
    "summary_activation", "summary_first_dropout", "summary_proj_to_labels", "summary_type",
    "summary_use_proj",
    // defaults of generation
    "task_specific_params", "max_length", "min_length", "do_sample", "early_stopping", "num_beams",
    "num_beam_groups", "diversity_penalty", "temperature", "top_k", "top_p", "typical_p",
    "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "encoder_no_repeat_ngram_size",
    "bad_words_ids", "num_return_sequences", "exponential_decay_length_penalty", "suppress_tokens",
    "begin_suppress_tokens", "remove_invalid_values", "cross_attention_hidden_size",
    "classifier_activation", "reduction"};

}  // namespace

ConfigReader::ConfigReader(const std::filesystem::path& file) : file_(file.string()) {
  JsonOptions options;
  options.max_bytes = size_t{16} << 20;
  options.code = ExitCode::kFormat;
  json_ = read_json(file, options);
  if (!json_.is_object()) throw FormatError("{}: not a JSON object", file_);
}

ConfigReader::ConfigReader(std::string name, nlohmann::json object)
    : file_(std::move(name)), json_(std::move(object)) {
  if (!json_.is_object()) throw FormatError("{}: not a JSON object", file_);
}

bool ConfigReader::is_null(const char* key) const { return !has(key) && json_.contains(key); }

bool ConfigReader::has(const char* key) const {
  read_.insert(key);
  return json_.contains(key) && !json_[key].is_null();
}

const nlohmann::json& ConfigReader::value(const char* key) const {
  if (!has(key)) throw FormatError("{}: {} is missing", file_, key);
  return json_[key];
}

void ConfigReader::unsupported(const char* key, const std::string& wanted) const {
  std::string text = json_.value(key, nlohmann::json()).dump();
  if (text.size() > 200) text = text.substr(0, 200) + "…";
  throw FormatError("{}: {}: {} is not supported (wanted: {})", file_, key, text, wanted);
}

int64_t ConfigReader::integer(const char* key, int64_t low, int64_t high) const {
  const auto& json = value(key);
  const bool fits = json.is_number_unsigned() ? json.get<uint64_t>() <= static_cast<uint64_t>(high)
                                              : json.is_number_integer();
  if (!fits || json.get<int64_t>() < low || json.get<int64_t>() > high) {
    unsupported(key, fmt::format("a whole number from {} to {}", low, high));
  }
  return json.get<int64_t>();
}

int64_t ConfigReader::integer_or(const char* key, int64_t fallback, int64_t low,
                                 int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}

int64_t ConfigReader::size(const char* own, const char* common, int64_t high) const {
  has(own);  // is a known key
  return integer(has(common) ? common : own, 1, high);
}

std::vector<int64_t> ConfigReader::token_ids(const char* key) const {
  if (!has(key)) return {};
  const nlohmann::json& given = value(key);
  if (!given.is_array()) {
    const int64_t id = integer(key, -1, kMaxSize);
    return id < 0 ? std::vector<int64_t>() : std::vector{id};
  }
  std::vector<int64_t> ids;
  for (const nlohmann::json& id : given)
    ids.push_back(ConfigReader(file_, {{key, id}}).integer(key, 0, kMaxSize));
  return ids;
}

double ConfigReader::number_or(const char* key, double fallback, double low, double high) const {
  return has(key) ? number(key, low, high) : fallback;
}

double ConfigReader::number(const char* key, double low, double high) const {
  const auto& json = value(key);
  if (!json.is_number() || !(json.get<double>() >= low && json.get<double>() <= high)) {
    unsupported(key, fmt::format("a number from {} to {}", low, high));
  }
  return json.get<double>();
}

bool ConfigReader::boolean_or(const char* key, bool fallback) const {
  if (!has(key)) return fallback;
  if (!value(key).is_boolean()) unsupported(key, "true or false");
  return value(key).get<bool>();
}

std::string ConfigReader::one_of(const char* key, const std::string& fallback,
                                 const std::set<std::string>& choices) const {
  if (!has(key)) return fallback;
  const auto& json = value(key);
  if (!json.is_string() || !choices.contains(json.get_ref<const std::string&>())) {
    unsupported(key, fmt::format("{}", fmt::join(choices, ", ")));
  }
  return json.get<std::string>();
}

void ConfigReader::must_be(const char* key, bool wanted) const {
  if (boolean_or(key, wanted) != wanted) unsupported(key, wanted ? "true" : "false");
}

void ConfigReader::must_be_unset(const char* key) const {
  if (!has(key)) return;
  const auto& json = value(key);
  const bool off = json.is_boolean() && !json.get<bool>();
  const bool unset = off || json == 0 || (json.is_structured() && json.empty()) ||
                     (json.is_string() && json.get_ref<const std::string&>().empty());
  if (!unset) unsupported(key, "no such key");
}

std::set<std::string> ConfigReader::unknown() const {
  std::set<std::string> keys;
  for (const auto& [key, unused] : json_.items()) {
    const bool harmless =
        std::find(std::begin(kHarmless), std::end(kHarmless), key) != std::end(kHarmless);
    if (!harmless && !read_.contains(key)) keys.insert(key);
  }
  return keys;
}

void ConfigReader::warn_unknown() const {
  std::vector<std::string> names;
  for (const auto& key : unknown()) names.push_back(printable(key));
  if (!names.empty())
    spdlog::warn("{}: keys that are not known and not used: {}", file_, fmt::join(names, ", "));
}

}  // namespace eida

#include "llama_like.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/model/hookable_linear.h"

namespace eida {
namespace {

constexpr double kMostBase = 1e12;

/// One number, or the first of several.
int64_t token_id(const ConfigReader& reader, const char* key, int64_t fallback) {
  if (!reader.has(key)) return fallback;
  const nlohmann::json& value = reader.json()[key];
  if (!value.is_array() || value.empty()) return reader.integer(key, -1, kMaxSize);
  return ConfigReader(reader.file(), {{key, value.front()}}).integer(key, 0, kMaxSize);
}

void read_numbers(const ConfigReader& reader, ModelConfig& config, const LlamaLike& family) {
  config.hidden_size = reader.integer("hidden_size", 1, kMaxSize);
  config.num_layers = reader.integer("num_hidden_layers", 1, 1000);
  config.num_heads = reader.integer("num_attention_heads", 1, 10000);
  config.intermediate_size = reader.integer("intermediate_size", 1, kMaxSize);
  config.max_positions =
      reader.integer_or("max_position_embeddings", family.max_positions, 1, kMaxSize);
  config.head_width = reader.integer_or("head_dim", family.head_dim, 1, kMaxSize);
  if (family.whole_heads && config.hidden_size % config.num_heads != 0) config.head_width = 0;
  config.hidden_dropout = config.embedding_dropout = config.classifier_dropout = 0.0;
  config.attention_dropout = reader.number_or("attention_dropout", 0.0, 0.0, 1.0);
  config.bos_token_id = token_id(reader, "bos_token_id", family.bos);
  config.eos_token_id = token_id(reader, "eos_token_id", family.eos);
  config.pad_token_id =
      reader.is_null("pad_token_id") ? -1 : token_id(reader, "pad_token_id", family.pad);
}

int64_t key_heads(const ConfigReader& reader, const ModelConfig& config, const LlamaLike& family) {
  const char* key = "num_key_value_heads";
  const bool given = family.kv_heads > 0 && !reader.is_null(key);
  const int64_t heads =
      reader.integer_or(key, given ? family.kv_heads : config.num_heads, 1, 10000);
  if (config.num_heads % heads != 0)
    reader.unsupported(key, fmt::format("a divisor of {} heads", config.num_heads));
  return heads;
}

BlockSpec declare_block(const ModelConfig& config, const LlamaLike& family, int64_t kv_heads,
                        double eps, const std::string& name) {
  const int64_t d = config.hidden_size, inner = config.intermediate_size;
  const auto norm = [&](const char* part) {
    return NormSpec{name + part, NormKind::kRmsNorm, eps, family.norm_offset};
  };
  BlockSpec block;
  AttentionSpec& attention = block.attention;
  attention.heads = config.num_heads;
  attention.kv_heads = kv_heads;
  attention.head_dim = config.head_dim();
  const int64_t q = attention.query_width(), kv = attention.kv_width();
  attention.input = name + "self_attn";
  attention.query = {name + "self_attn.q_proj", d, q, family.qkv_bias};
  attention.key = {name + "self_attn.k_proj", d, kv, family.qkv_bias};
  attention.value = {name + "self_attn.v_proj", d, kv, family.qkv_bias};
  attention.output = {name + "self_attn.o_proj", q, d, family.o_bias};
  if (family.head_norms) {
    attention.query_norm = norm("self_attn.q_norm");
    attention.key_norm = norm("self_attn.k_norm");
  }
  attention.positions = PositionEncoding::kRotary;
  attention.scale = 1.0 / std::sqrt(static_cast<double>(config.head_dim()));
  block.mlp.input = name + "mlp";
  block.mlp.gate = {name + "mlp.gate_proj", d, inner, family.mlp_bias};
  block.mlp.up = {name + "mlp.up_proj", d, inner, family.mlp_bias};
  block.mlp.down = {name + "mlp.down_proj", inner, d, family.mlp_bias};
  block.attention_norms.before = norm("input_layernorm");
  if (family.branch_norms) {
    block.attention_norms.branch = norm("post_attention_layernorm");
    block.mlp_norms = {norm("pre_feedforward_layernorm"), norm("post_feedforward_layernorm"), {}};
  } else {
    block.mlp_norms.before = norm("post_attention_layernorm");
  }
  return block;
}

/// Whether the key holds something.
bool holds(const ConfigReader& reader, const char* key) {
  return reader.has(key) && !reader.json()[key].empty();
}

}  // namespace

Architecture declare_llama_like(const ConfigReader& reader, ModelConfig& config,
                                const LlamaLike& family) {
  read_numbers(reader, config, family);
  const int64_t kv_heads = key_heads(reader, config, family);
  const double eps = reader.number_or("rms_norm_eps", 1e-6, 0.0, 1.0);
  const std::string activation =
      reader.one_of(family.activation_key, family.activation, supported_activations());
  reader.must_be_unset("embedding_size");
  Architecture model;
  model.prefix = "model.";
  model.ignored = {"*rotary_emb.inv_freq", "lm_head.*"};
  model.layout = WeightLayout::kOutIn;
  model.causal = true;
  model.words = {"model.embed_tokens", config.vocab_size, config.pad_token_id};
  for (int64_t l = 0; l < config.num_layers; ++l) {
    model.blocks.push_back(
        declare_block(config, family, kv_heads, eps, fmt::format("model.layers.{}.", l)));
    model.blocks.back().mlp.activation = activation;
  }
  model.final_norm = {"model.norm", NormKind::kRmsNorm, eps, family.norm_offset};
  add_decoder_head(model, config, reader.boolean_or("tie_word_embeddings", family.tied));
  return model;
}

RotarySpec rotary_of(const ConfigReader& parameters, const ModelConfig& config, double base) {
  using enum RotarySpec::Scaling;
  RotarySpec spec;
  spec.base = parameters.number_or("rope_theta", base, 1e-3, kMostBase);
  const std::set<std::string> types = {"default", "linear", "llama3"};
  const std::string old = parameters.one_of("type", "default", types);
  const std::string type = parameters.one_of("rope_type", old, types);
  if (parameters.number_or("partial_rotary_factor", 1.0, 0.0, 1.0) != 1.0)
    parameters.unsupported("partial_rotary_factor", "1");
  if (type != "default") {
    spec.scaling = type == "linear" ? kLinear : kLlama3;
    spec.factor = parameters.number("factor", 1e-6, 1e6);
  }
  if (type == "llama3") {
    spec.low_factor = parameters.number("low_freq_factor", 1e-6, 1e6);
    spec.high_factor = parameters.number("high_freq_factor", 1e-6, 1e6);
    if (spec.low_factor == spec.high_factor)
      parameters.unsupported("high_freq_factor", "another number than low_freq_factor");
    spec.original_positions = parameters.integer_or("original_max_position_embeddings",
                                                    config.max_positions, 1, kMaxSize);
  }
  parameters.warn_unknown();
  return spec;
}

RotarySpec read_rotary(const ConfigReader& reader, const ModelConfig& config, double base) {
  base = reader.number_or("rope_theta", base, 1e-3, kMostBase);
  if (reader.number_or("partial_rotary_factor", 1.0, 0.0, 1.0) != 1.0)
    reader.unsupported("partial_rotary_factor", "1");
  reader.must_be_unset("original_max_position_embeddings");
  nlohmann::json parameters = nlohmann::json::object();
  std::string name = reader.file();
  // The older key takes the place of the newer one, as in transformers.
  for (const char* key : {"rope_parameters", "rope_scaling"}) {
    if (!holds(reader, key)) continue;
    parameters = reader.json()[key];
    name = fmt::format("{}: {}", reader.file(), key);
  }
  return rotary_of(ConfigReader(name, parameters), config, base);
}

TwoRotations read_rotations(const ConfigReader& reader, const ModelConfig& config, BaseKey all,
                            BaseKey windowed, bool both_scaled) {
  const std::string name = reader.file() + ": rope_parameters";
  const ConfigReader given(name, reader.has("rope_parameters") ? reader.json()["rope_parameters"]
                                                               : nlohmann::json::object());
  const nlohmann::json scaling =
      reader.has("rope_scaling") ? reader.json()["rope_scaling"] : nlohmann::json();
  const auto of_kind = [&](const char* kind, BaseKey base, bool scaled) {
    // A "type" of old changes nothing beside it, as in transformers.
    nlohmann::json parameters = {{"rope_type", "default"}};
    if (given.has(kind)) parameters = given.json()[kind];
    if (scaled && scaling.is_object()) parameters.update(scaling);
    return rotary_of(ConfigReader(fmt::format("{}: {}", name, kind), parameters), config,
                     reader.number_or(base.key, base.base, 1e-3, kMostBase));
  };
  TwoRotations rotations = {of_kind("full_attention", all, true),
                            of_kind("sliding_attention", windowed, both_scaled)};
  given.warn_unknown();
  return rotations;
}

int64_t read_window(const ConfigReader& reader, int64_t fallback) {
  const bool off = reader.is_null("sliding_window");
  return reader.integer_or("sliding_window", off ? 0 : fallback, 1, kMaxSize);
}

std::vector<bool> set_windows(const ConfigReader& reader, Architecture& model, int64_t window,
                              const std::vector<bool>& otherwise) {
  std::vector<bool> sliding = otherwise;
  if (reader.has("layer_types")) {
    const nlohmann::json& types = reader.json()["layer_types"];
    const auto wanted = fmt::format("{} of full_attention, sliding_attention", otherwise.size());
    if (!types.is_array() || types.size() != otherwise.size())
      reader.unsupported("layer_types", wanted);
    for (size_t l = 0; l < otherwise.size(); ++l) {
      sliding[l] = types[l] == "sliding_attention";
      if (!sliding[l] && types[l] != "full_attention") reader.unsupported("layer_types", wanted);
    }
  }
  for (size_t l = 0; l < sliding.size(); ++l) {
    if (!sliding[l]) continue;
    if (window == 0)
      reader.unsupported("layer_types", "full_attention where there is no sliding_window");
    model.blocks[l].attention.window = window;
  }
  return sliding;
}

void add_decoder_head(Architecture& model, const ModelConfig& config, bool tied) {
  if (config.task == TaskKind::kClassification) {
    ClassHeadSpec& head = model.class_head.emplace();
    head.pooling = Pooling::kLast;
    head.output = {"score", config.hidden_size, config.num_labels, false, 1.0, "score"};
  } else {
    model.vocabulary_head = {"lm_head", tied ? model.words.name : ""};
  }
}

std::vector<ServedTask> decoder_tasks() {
  return {{TaskKind::kCompletion, "ForCausalLM"},
          {TaskKind::kClassification, "ForSequenceClassification"}};
}

}  // namespace eida

#include "parameter_specs.h"

#include <fmt/format.h>

#include <cmath>

namespace eida {
namespace {

/// Collects specs with transformers' initial values: normal(0, initializer_range), zero biases.
class SpecList {
 public:
  explicit SpecList(const ModelConfig& config) : std_(config.initializer_range) {}

  void table(const std::string& name, int64_t rows, int64_t width, int64_t zero_row = -1) {
    specs_.push_back({name + ".weight", {rows, width}, std_, 0.0, zero_row, ""});
  }
  void norm(const std::string& name, int64_t width) {
    specs_.push_back({name + ".weight", {width}, 0.0, 1.0, -1, ""});
    specs_.push_back({name + ".bias", {width}, 0.0, 0.0, -1, ""});
  }
  /// torch.nn.Linear: [out, in].
  void linear(const std::string& name, int64_t in, int64_t out, const std::string& head = "") {
    add_matrix(name, {out, in}, out, std_, head);
  }
  /// transformers' Conv1D: [in, out].
  void conv1d(const std::string& name, int64_t in, int64_t out, double factor = 1.0) {
    add_matrix(name, {in, out}, out, std_ * factor, "");
  }
  std::vector<ParameterSpec> take() { return std::move(specs_); }

 private:
  void add_matrix(const std::string& name, std::vector<int64_t> shape, int64_t out, double std,
                  const std::string& head) {
    specs_.push_back({name + ".weight", std::move(shape), std, 0.0, -1, head});
    specs_.push_back({name + ".bias", {out}, 0.0, 0.0, -1, head});
  }
  double std_;
  std::vector<ParameterSpec> specs_;
};

std::vector<ParameterSpec> encoder_specs(const ModelConfig& config) {
  SpecList list(config);
  const bool bert = config.family == Family::kBert;
  const std::string prefix = config.prefix();
  const int64_t d = config.hidden_size;
  list.table(prefix + "embeddings.word_embeddings", config.vocab_size, d, config.pad_token_id);
  list.table(prefix + "embeddings.position_embeddings", config.max_positions, d,
             bert ? -1 : config.pad_token_id);
  list.table(prefix + "embeddings.token_type_embeddings", config.type_vocab_size, d);
  list.norm(prefix + "embeddings.LayerNorm", d);
  for (int64_t l = 0; l < config.num_layers; ++l) {
    const std::string layer = fmt::format("{}encoder.layer.{}.", prefix, l);
    for (const char* part : {"query", "key", "value"})
      list.linear(layer + "attention.self." + part, d, d);
    list.linear(layer + "attention.output.dense", d, d);
    list.norm(layer + "attention.output.LayerNorm", d);
    list.linear(layer + "intermediate.dense", d, config.intermediate_size);
    list.linear(layer + "output.dense", config.intermediate_size, d);
    list.norm(layer + "output.LayerNorm", d);
  }
  list.linear(bert ? "bert.pooler.dense" : "classifier.dense", d, d,
              bert ? "pooler" : "classifier");
  list.linear(bert ? "classifier" : "classifier.out_proj", d, config.num_labels, "classifier");
  return list.take();
}

std::vector<ParameterSpec> decoder_specs(const ModelConfig& config) {
  SpecList list(config);
  const int64_t d = config.hidden_size;
  // Source: Radford et al. (2019), section 2.3: projections into the residual stream start smaller.
  const double projection = 1.0 / std::sqrt(2.0 * static_cast<double>(config.num_layers));
  list.table("transformer.wte", config.vocab_size, d);
  list.table("transformer.wpe", config.max_positions, d);
  for (int64_t l = 0; l < config.num_layers; ++l) {
    const std::string layer = fmt::format("transformer.h.{}.", l);
    list.norm(layer + "ln_1", d);
    list.conv1d(layer + "attn.c_attn", d, 3 * d);
    list.conv1d(layer + "attn.c_proj", d, d, projection);
    list.norm(layer + "ln_2", d);
    list.conv1d(layer + "mlp.c_fc", d, config.intermediate_size);
    list.conv1d(layer + "mlp.c_proj", config.intermediate_size, d, projection);
  }
  list.norm("transformer.ln_f", d);
  return list.take();
}

}  // namespace

std::vector<ParameterSpec> parameter_specs(const ModelConfig& config) {
  return config.family == Family::kGpt2 ? decoder_specs(config) : encoder_specs(config);
}

}  // namespace eida

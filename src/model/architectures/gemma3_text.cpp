// Gemma 3's text models: five layers with a window to one that sees all, each kind with its own
// base of rotary positions; four norms a layer, whose weights are added to 1; scaled embeddings.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "llama_like.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  LlamaLike family{
      .max_positions = 131072, .kv_heads = 4, .head_dim = 256, .pad = 0, .bos = 2, .eos = 1};
  family.activation_key = "hidden_activation";
  family.activation = "gelu_pytorch_tanh";
  family.tied = family.whole_heads = family.head_norms = family.branch_norms = true;
  family.norm_offset = 1.0;
  family.qkv_bias = family.o_bias = reader.boolean_or("attention_bias", false);
  for (const char* key : {"attn_logit_softcapping", "final_logit_softcapping"})
    reader.must_be_unset(key);
  reader.must_be("use_bidirectional_attention", false);
  Architecture model = declare_llama_like(reader, config, family);
  model.embedding_scale = std::sqrt(static_cast<double>(config.hidden_size));

  const int64_t pattern = reader.integer_or("sliding_window_pattern", 6, 1, kMaxSize);
  reader.has("_sliding_window_pattern");  // what layer_types was made from
  std::vector<bool> sliding;
  for (int64_t l = 0; l < config.num_layers; ++l) sliding.push_back((l + 1) % pattern != 0);
  sliding = set_windows(reader, model, read_window(reader, 4096), sliding);
  const TwoRotations rotations =
      read_rotations(reader, config, {"rope_theta", 1e6}, {"rope_local_base_freq", 1e4},
                     /*both_scaled=*/false);
  const double scale = 1.0 / std::sqrt(reader.number_or("query_pre_attn_scalar", 256, 1e-6, 1e9));
  for (size_t l = 0; l < sliding.size(); ++l) {
    AttentionSpec& attention = model.blocks[l].attention;
    attention.rotary = sliding[l] ? rotations.windowed : rotations.all;
    attention.scale = scale;
  }
  return model;
}

}  // namespace

ModelFamily gemma3_text_family() {
  return {"Gemma 3",
          {{"gemma3_text", "Gemma3"}},
          {{TaskKind::kCompletion, "ForCausalLM"},
           {TaskKind::kClassification, "TextForSequenceClassification"}},
          declare};
}

}  // namespace eida

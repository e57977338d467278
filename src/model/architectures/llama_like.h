// What Llama and the decoders after it have in common.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../config_reader.h"
#include "eida/model/model_config.h"
#include "families.h"

namespace eida {

/// Values in which they differ.
struct LlamaLike {
  // Where config.json has none; kv_heads and head_dim 0: as many as queries, their share of d.
  int64_t max_positions = 2048, kv_heads = 0, head_dim = 0, pad = -1, bos = -1, eos = -1;
  const char* activation_key = "hidden_act";
  const char* activation = "silu";
  bool tied = false;
  bool whole_heads =
      false;  ///< hidden_size must be a multiple of the heads, whatever head_dim says
  // In every block:
  bool qkv_bias = false, o_bias = false, mlp_bias = false;
  bool head_norms = false;    ///< of q and k
  bool branch_norms = false;  ///< behind attention and MLP, too
  double norm_offset = 0.0;
};

/// Pre-norm blocks of RMSNorm, separate projections, rotary positions of base 10000 and a gated
/// MLP; the head of the task. RoPE's parameters, windows and scales are left to the family.
Architecture declare_llama_like(const ConfigReader& reader, ModelConfig& config,
                                const LlamaLike& family);

/// rope_parameters, or before transformers 5 rope_theta and rope_scaling. \param base where they
/// say none
RotarySpec read_rotary(const ConfigReader& reader, const ModelConfig& config, double base = 1e4);
/// One set of parameters.
RotarySpec rotary_of(const ConfigReader& parameters, const ModelConfig& config, double base);

/// Of the layers that see all, and of those with a window.
struct TwoRotations {
  RotarySpec all, windowed;
};
/// Where a base stands before transformers 5, and what it is where nothing says it.
struct BaseKey {
  const char* key;
  double base;
};
/// rope_parameters by kind of layer; before transformers 5 a base of each kind, and rope_scaling,
/// which is of layers that see all or of both.
TwoRotations read_rotations(const ConfigReader& reader, const ModelConfig& config, BaseKey all,
                            BaseKey windowed, bool both_scaled);

/// sliding_window; 0: null. \param fallback where the key is absent
int64_t read_window(const ConfigReader& reader, int64_t fallback);
/// Gives the layers that layer_types calls sliding a window. \param otherwise which these are
/// where there is no layer_types
std::vector<bool> set_windows(const ConfigReader& reader, Architecture& model, int64_t window,
                              const std::vector<bool>& otherwise);

/// Completion: a head "lm_head" over the vocabulary, tied to the words or not. Classification:
/// "score" on each sequence's last token.
void add_decoder_head(Architecture& model, const ModelConfig& config, bool tied);
/// Both tasks, in classes that end as Llama's do.
std::vector<ServedTask> decoder_tasks();

}  // namespace eida

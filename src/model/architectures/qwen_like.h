// What Qwen 2 and 3 have in common.
#pragma once

#include "llama_like.h"

namespace eida {

/// Windows from max_window_layers on, if use_sliding_window says so, or as layer_types has it.
inline Architecture declare_qwen_like(const ConfigReader& reader, ModelConfig& config,
                                      const LlamaLike& family) {
  Architecture model = declare_llama_like(reader, config, family);
  const RotarySpec rotary = read_rotary(reader, config);
  for (BlockSpec& block : model.blocks) block.attention.rotary = rotary;
  const int64_t given = read_window(reader, 4096),
                first = reader.integer_or("max_window_layers", 28, 0, kMaxSize),
                window = reader.boolean_or("use_sliding_window", false) ? given : 0;
  std::vector<bool> sliding;
  for (int64_t l = 0; l < config.num_layers; ++l) sliding.push_back(window > 0 && l >= first);
  set_windows(reader, model, window, sliding);
  return model;
}

}  // namespace eida

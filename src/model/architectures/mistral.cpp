// Mistral: Llama with fewer key heads and one window for all layers.
#include "llama_like.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  Architecture model = declare_llama_like(
      reader, config, {.max_positions = 4096 * 32, .kv_heads = 8, .bos = 1, .eos = 2});
  const RotarySpec rotary = read_rotary(reader, config);
  const int64_t window = read_window(reader, 4096);
  for (BlockSpec& block : model.blocks) {
    block.attention.rotary = rotary;
    block.attention.window = window;
  }
  return model;
}

}  // namespace

ModelFamily mistral_family() {
  return {"Mistral", {{"mistral", "Mistral"}}, decoder_tasks(), declare};
}

}  // namespace eida

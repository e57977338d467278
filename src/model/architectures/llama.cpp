// Llama 2 and 3, TinyLlama, SmolLM.
#include "llama_like.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  LlamaLike family{.bos = 1, .eos = 2, .whole_heads = true};
  family.qkv_bias = family.o_bias = reader.boolean_or("attention_bias", false);
  family.mlp_bias = reader.boolean_or("mlp_bias", false);
  reader.has("pretraining_tp");  // how the weights were split when they were trained
  Architecture model = declare_llama_like(reader, config, family);
  const RotarySpec rotary = read_rotary(reader, config);
  for (BlockSpec& block : model.blocks) block.attention.rotary = rotary;
  return model;
}

}  // namespace

ModelFamily llama_family() { return {"Llama", {{"llama", "Llama"}}, decoder_tasks(), declare}; }

}  // namespace eida

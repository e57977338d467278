// Qwen 2 and 2.5: Llama with biases of q, k and v, and windows in the upper layers where they are
// switched on.
#include "qwen_like.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  return declare_qwen_like(reader, config,
                           {.max_positions = 32768, .kv_heads = 32, .qkv_bias = true});
}

}  // namespace

ModelFamily qwen2_family() { return {"Qwen 2", {{"qwen2", "Qwen2"}}, decoder_tasks(), declare}; }

}  // namespace eida

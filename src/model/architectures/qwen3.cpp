// Qwen 3: norms of q and k in the place of Qwen 2's biases, and heads of their own width.
#include "qwen_like.h"

namespace eida {
namespace {

Architecture declare(const ConfigReader& reader, ModelConfig& config) {
  LlamaLike family{.max_positions = 32768, .kv_heads = 32, .head_dim = 128, .head_norms = true};
  family.qkv_bias = family.o_bias = reader.boolean_or("attention_bias", false);
  return declare_qwen_like(reader, config, family);
}

}  // namespace

ModelFamily qwen3_family() { return {"Qwen 3", {{"qwen3", "Qwen3"}}, decoder_tasks(), declare}; }

}  // namespace eida

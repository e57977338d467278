#include "eida/adapter/gguf_export.h"

#include <fmt/ranges.h>

#include <map>
#include <optional>

#include "eida/core/error.h"
#include "gguf.h"
#include "lora_sum.h"

namespace eida {
namespace {

/// What llama.cpp calls a model type and the ends of its modules' names.
struct GgufNames {
  const char* architecture;
  const char* blocks;   ///< what stands before the number of a layer
  bool turned = false;  ///< rows of q and k are in llama.cpp's order of rotary pairs
  std::map<std::string, std::string> modules;
};

const GgufNames* names_of(const std::string& model_type) {
  static const std::map<std::string, std::string> projections = {
      {"self_attn.q_proj", "attn_q"}, {"self_attn.k_proj", "attn_k"},
      {"self_attn.v_proj", "attn_v"}, {"self_attn.o_proj", "attn_output"},
      {"mlp.gate_proj", "ffn_gate"},  {"mlp.up_proj", "ffn_up"},
      {"mlp.down_proj", "ffn_down"}};
  static const std::map<std::string, GgufNames> known = {
      {"gpt2",
       {"gpt2",
        "transformer.h.",
        false,
        {{"attn.c_attn", "attn_qkv"},
         {"attn.c_proj", "attn_output"},
         {"mlp.c_fc", "ffn_up"},
         {"mlp.c_proj", "ffn_down"}}}},
      {"llama", {"llama", "model.layers.", true, projections}},
      {"mistral", {"llama", "model.layers.", true, projections}},
      {"qwen2", {"qwen2", "model.layers.", false, projections}},
      {"qwen3", {"qwen3", "model.layers.", false, projections}},
      {"gemma3_text", {"gemma3", "model.layers.", false, projections}}};
  const auto found = known.find(model_type);
  return found == known.end() ? nullptr : &found->second;
}

/// "transformer.h.3.attn.c_attn" → "blk.3.attn_qkv"; nothing for a module outside the blocks.
std::optional<std::string> gguf_name(const GgufNames& names, const std::string& module) {
  const std::string blocks = names.blocks;
  if (!module.starts_with(blocks)) return std::nullopt;
  const size_t dot = module.find('.', blocks.size());
  if (dot == std::string::npos) return std::nullopt;
  const auto found = names.modules.find(module.substr(dot + 1));
  if (found == names.modules.end()) return std::nullopt;
  return fmt::format("blk.{}.{}", module.substr(blocks.size(), dot - blocks.size()), found->second);
}

/// Rows of a q or k projection with the two halves of each head interleaved. \param B [heads * w,
/// r]
at::Tensor interleaved(const at::Tensor& B, int64_t heads) {
  return B.reshape({heads, 2, B.size(0) / heads / 2, B.size(1)}).transpose(1, 2).reshape_as(B);
}

}  // namespace

PeftReport export_gguf(const PretrainedModel& model,
                       const std::vector<std::filesystem::path>& paths,
                       const std::filesystem::path& output) {
  const std::string& type = model.config().model_type;
  const GgufNames* names = names_of(type);
  if (names == nullptr)
    throw ConfigError("llama.cpp has no adapters for a model of type '{}' (hint: --to peft)", type);
  std::vector<AdapterFile> files;
  for (const auto& path : paths) files.emplace_back(path);
  check_exportable(model, files, "llama.cpp");
  ReplacedParts replaced(model, files);
  replaced.modules.merge(replaced.biases);
  if (!replaced.modules.empty()) {
    throw ConfigError(
        "trained whole, which no adapter of llama.cpp holds: {} (hint: --to huggingface)",
        fmt::join(replaced.modules, ", "));
  }
  const AttentionSpec& attention = model.config().architecture->blocks.front().attention;
  PeftReport report;
  std::vector<NamedTensor> tensors;
  bool one_rank = true;
  for (const AdaptedModule& module : adapted_modules(model, files)) {
    const std::string& own = module.linear->name();
    const auto name = gguf_name(*names, own);
    if (!name) throw ConfigError("{}: llama.cpp adapts no such layer (hint: --to peft)", own);
    const LoraSum sum = lora_sum(model, files, module, report);
    if (sum.magnitude.defined())
      throw ConfigError("{}: llama.cpp has no DoRA (hint: --to peft or huggingface)", own);
    at::Tensor B = sum.B;
    if (names->turned && name->ends_with("attn_q")) B = interleaved(B, attention.heads);
    if (names->turned && name->ends_with("attn_k")) B = interleaved(B, attention.kv_heads);
    one_rank = one_rank && (tensors.empty() || tensors.front().tensor.size(0) == sum.A.size(0));
    tensors.push_back({*name + ".weight.lora_a", sum.A});
    tensors.push_back({*name + ".weight.lora_b", B});
    ++report.modules;
  }
  write_gguf(output,
             {{"general.architecture", names->architecture},
              {"general.type", "adapter"},
              {"adapter.type", "lora"},
              {"adapter.lora.alpha", one_rank ? static_cast<float>(report.largest_rank) : 0.0F}},
             tensors);
  return report;
}

}  // namespace eida

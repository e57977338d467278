// PEFT's LoRA folders as what an adapter file of method lora holds.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

namespace eida {

/// Tensors of a folder with adapter_config.json and adapter_model.safetensors, float32:
/// `<module>.lora_A` [r, d_in], `<module>.lora_B` [d_out, r] with the scaling in it, and what is in
/// modules_to_save under Hugging Face names. A key of the configuration that is not known must be
/// off (null, false, empty). \throws FormatError names the key or the tensor; DataError.
/// Source: peft 0.21, LoraConfig, LoraLayer.update_layer, get_peft_model_state_dict.
std::map<std::string, at::Tensor> read_peft_adapter(const std::filesystem::path& folder);

}  // namespace eida

// PEFT's LoRA folders as what an adapter file of method lora or dora holds.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <string>

#include "eida/core/choices.h"
#include "eida/model/pretrained_model.h"

namespace eida {

/// Tensors of a folder's adapter_model.safetensors, float32, under plain names: `<module>.lora_A`
/// [r, d_in], `<module>.lora_B` [d_out, r], lora_embedding_A and lora_embedding_B of tables,
/// `<module>.lora_magnitude_vector`, `<module>.lora_B.bias`, and a parameter's own name for what is
/// saved whole. Names may lack "base_model.model." and have the name of the adapter.
/// \throws FormatError names the tensor, or a key of adapter_config.json; DataError.
std::map<std::string, at::Tensor> read_peft_tensors(const std::filesystem::path& folder);

struct PeftAdapter {
  MethodKind method;                          ///< lora or dora
  std::map<std::string, at::Tensor> tensors;  ///< as an adapter file has them, scaling in lora_B
};

/// What the folder's configuration gives the model of read_peft_tensors(). A layer that no method
/// adapts (a table, an output layer) is there whole, with its update in it. As in PEFT tensors of
/// modules that are no target are left out, and targets without tensors stay as they are; both are
/// warned of. \throws FormatError names the key or the tensor.
/// Source: peft 0.21, LoraLayer.update_layer, get_peft_model_state_dict, merge_and_unload.
PeftAdapter fit_peft_adapter(const std::filesystem::path& folder,
                             const std::map<std::string, at::Tensor>& tensors,
                             const PretrainedModel& model);

}  // namespace eida

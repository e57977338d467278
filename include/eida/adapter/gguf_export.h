/// Adapter files as a LoRA that llama.cpp opens.
#pragma once

#include <filesystem>
#include <vector>

#include "eida/adapter/peft_export.h"

namespace eida {

/// Writes a GGUF file of tensors blk.N.NAME.weight.lora_a [r, d_in] and .lora_b [d_out, r], summed
/// over the files and brought to one rank as export_peft() does. adapter.lora.alpha is the rank
/// where all modules have one, else 0, which llama.cpp takes as a scaling of 1. \param model the
/// base, before any file; a decoder that llama.cpp knows. \param files of all rounds in order.
/// \throws ConfigError the model is of another family, or more than low-rank updates of its layers
/// was trained. \throws FormatError, DataError as export_peft()
/// Source: llama.cpp, src/llama-adapter.cpp, convert_lora_to_gguf.py.
PeftReport export_gguf(const PretrainedModel& model,
                       const std::vector<std::filesystem::path>& files,
                       const std::filesystem::path& output);

}  // namespace eida

/// Files of GGUF, version 3, as llama.cpp reads them.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "eida/tensor/safetensors.h"

namespace eida {

using GgufMetadata = std::vector<std::pair<std::string, std::variant<std::string, float>>>;

/// Writes metadata and tensors, float32. A tensor's sizes stand in the file from the last to the
/// first. Source: ggml, docs/gguf.md. \throws DataError
void write_gguf(const std::filesystem::path& file, const GgufMetadata& metadata,
                const std::vector<NamedTensor>& tensors);

}  // namespace eida

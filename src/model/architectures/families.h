// The families that the library brings along.
#pragma once

#include <set>
#include <string>

#include "../config_reader.h"
#include "eida/model/architecture.h"

namespace eida {

ModelFamily gpt2_family();
ModelFamily roberta_family();
ModelFamily bert_family();
ModelFamily llama_family();
ModelFamily mistral_family();
ModelFamily qwen2_family();
ModelFamily qwen3_family();
ModelFamily gemma3_text_family();
ModelFamily mpnet_family();
ModelFamily distilbert_family();
ModelFamily modernbert_family();

/// A file's model type and its family.
struct FoundType {
  const ModelFamily* family;
  const ModelType* type;
};

/// From model_type; in files of early versions from the class, or from keys that only one family
/// has. \throws FormatError none of them says it
FoundType find_type(const ConfigReader& reader);

/// What hidden_act and the like may name.
std::set<std::string> supported_activations();

/// \throws FormatError names each part of the declaration that nothing computes yet. \param file
/// for the message
void check_computed(const Architecture& model, const std::string& file);

}  // namespace eida

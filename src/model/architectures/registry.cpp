#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"
#include "families.h"

namespace eida {
namespace {

std::list<ModelFamily>& registered() {
  static std::list<ModelFamily> families = {
      gpt2_family(),    roberta_family(),    bert_family(),       llama_family(),
      mistral_family(), qwen2_family(),      qwen3_family(),      gemma3_text_family(),
      mpnet_family(),   distilbert_family(), modernbert_family(),
  };
  return families;
}

/// In the order of the families.
std::vector<FoundType> all_types() {
  std::vector<FoundType> types;
  for (const ModelFamily& family : registered()) {
    for (const ModelType& type : family.types) types.push_back({&family, &type});
  }
  return types;
}

std::set<std::string> type_names() {
  std::set<std::string> names;
  for (const FoundType& found : all_types()) names.insert(found.type->name);
  return names;
}

/// "RobertaForMaskedLM" and the like; empty when the file says nothing.
std::string class_of(const ConfigReader& reader) {
  const auto found = reader.json().find("architectures");
  const bool named = found != reader.json().end() && found->is_array() && !found->empty() &&
                     found->front().is_string();
  return named ? found->front().get<std::string>() : "";
}

}  // namespace

const std::list<ModelFamily>& model_families() { return registered(); }

void register_family(const ModelFamily& family) {
  for (const ModelType& type : family.types) {
    if (type_names().contains(type.name))
      throw Error(ExitCode::kInternal, fmt::format("model type '{}' is there already", type.name));
  }
  registered().push_back(family);
}

FoundType find_type(const ConfigReader& reader) {
  const std::vector<FoundType> types = all_types();
  if (reader.has("model_type")) {
    const std::string name = reader.one_of("model_type", "", type_names());
    return *std::ranges::find(types, name, [](const FoundType& found) { return found.type->name; });
  }
  const std::string class_name = class_of(reader);
  const FoundType* longest = nullptr;
  for (const FoundType& found : types) {
    const std::string& prefix = found.type->class_prefix;
    if (class_name.starts_with(prefix) &&
        (longest == nullptr || prefix.size() > longest->type->class_prefix.size()))
      longest = &found;
  }
  if (longest != nullptr) return *longest;
  for (const ModelFamily& family : registered()) {
    if (family.recognises != nullptr && family.recognises(reader))
      return {&family, &family.types.front()};
  }
  throw FormatError("{}: neither model_type nor the keys of a supported model (wanted: {})",
                    reader.file(), fmt::join(type_names(), ", "));
}

void check_computed(const Architecture& model, const std::string& file) {
  std::set<std::string> missing;
  const auto refuse = [&](bool declared, const char* what) {
    if (declared) missing.insert(what);
  };
  for (const BlockSpec& block : model.blocks) {
    const AttentionSpec& attention = block.attention;
    const bool rotary = attention.positions == PositionEncoding::kRotary;
    refuse(attention.positions == PositionEncoding::kRelativeBias && model.causal,
           "a relative bias in a decoder");
    refuse(attention.heads % attention.kv_heads != 0, "query heads that key heads cannot share");
    refuse(rotary && attention.head_dim % 2 != 0, "rotary positions in heads of odd width");
  }
  if (model.class_head) {
    refuse(model.class_head->pooling == Pooling::kMean && model.causal,
           "a decoder's mean of tokens");
    refuse(model.class_head->pooling == Pooling::kLast && !model.causal,
           "an encoder's pooling of the last token");
  } else if (model.vocabulary_head) {
    refuse(!model.causal, "completion by an encoder");
    const std::string& tied_to = model.vocabulary_head->tied_to;
    refuse(!tied_to.empty() && tied_to != model.words.name, "a head tied to another table");
  }
  if (!missing.empty())
    throw FormatError("{}: the model needs what is not supported: {}", file,
                      fmt::join(missing, ", "));
}

const char* group_name(ParameterGroup group) {
  constexpr const char* kNames[] = {"embeddings", "layer_norm", "bias", "weight", "head"};
  return kNames[static_cast<size_t>(group)];
}

}  // namespace eida

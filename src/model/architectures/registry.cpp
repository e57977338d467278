#include <fmt/ranges.h>

#include <algorithm>
#include <list>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"
#include "families.h"

namespace eida {
namespace {

/// A list: pointers into it stay.
std::list<ModelFamily>& registered() {
  static std::list<ModelFamily> families = {
      gpt2_family(),
      roberta_family(),
      bert_family(),
  };
  return families;
}

/// Every type for which `fits`, in the order of the families.
template <typename Fits>
std::vector<FoundType> types_that(const Fits& fits) {
  std::vector<FoundType> found;
  for (const ModelFamily& family : registered()) {
    for (const ModelType& type : family.types) {
      if (fits(type)) found.push_back({&family, &type});
    }
  }
  return found;
}

std::set<std::string> all_types() {
  std::set<std::string> names;
  for (const FoundType& found : types_that([](const ModelType&) { return true; }))
    names.insert(found.type->name);
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

std::vector<const ModelFamily*> model_families() {
  std::vector<const ModelFamily*> families;
  for (const ModelFamily& family : registered()) families.push_back(&family);
  return families;
}

void register_family(const ModelFamily& family) {
  for (const ModelType& type : family.types) {
    if (all_types().contains(type.name))
      throw Error(ExitCode::kInternal, fmt::format("model type '{}' is there already", type.name));
  }
  registered().push_back(family);
}

FoundType find_type(const ConfigReader& reader) {
  if (reader.has("model_type")) {
    const std::string name = reader.one_of("model_type", "", all_types());
    return types_that([&](const ModelType& type) { return type.name == name; }).front();
  }
  const std::string class_name = class_of(reader);
  const auto of_class =
      types_that([&](const ModelType& type) { return class_name.starts_with(type.class_prefix); });
  if (!of_class.empty()) {
    return *std::max_element(of_class.begin(), of_class.end(), [](const auto& a, const auto& b) {
      return a.type->class_prefix.size() < b.type->class_prefix.size();
    });
  }
  for (const ModelFamily& family : registered()) {
    if (family.recognises != nullptr && family.recognises(reader))
      return {&family, &family.types.front()};
  }
  throw FormatError("{}: neither model_type nor the keys of a supported model (wanted: {})",
                    reader.file(), fmt::join(all_types(), ", "));
}

const char* group_name(ParameterGroup group) {
  switch (group) {
    case ParameterGroup::kEmbedding:
      return "embeddings";
    case ParameterGroup::kNorm:
      return "layer_norm";
    case ParameterGroup::kBias:
      return "bias";
    case ParameterGroup::kWeight:
      return "weight";
    case ParameterGroup::kHead:
      return "head";
  }
  return "";
}

}  // namespace eida

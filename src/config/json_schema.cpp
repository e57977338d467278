#include <cmath>
#include <map>

#include "declaration.h"
#include "eida/config/schema.h"

namespace eida {
namespace {

using config::Declaration;
using config::Type;
using nlohmann::ordered_json;

/// Whole bounds as whole numbers, so that 1 is not written 1.0.
ordered_json number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<int64_t>(value);
  return value;
}

/// Of a value that is no list, or of an item of one.
ordered_json item_type(const Declaration& option) {
  static const std::map<Type, std::string> kNames = {
      {Type::kFlag, "boolean"}, {Type::kWhole, "integer"}, {Type::kReal, "number"}};
  if (!option.field.choices.empty()) return {{"enum", option.choice_names()}};
  const auto name = kNames.find(item_of(option.field.type));
  if (name == kNames.end()) {
    ordered_json text = {{"type", "string"}, {"minLength", 1}};
    if (option.pattern != nullptr) text["pattern"] = option.pattern;
    return text;
  }
  ordered_json type = {{"type", name->second}};
  const auto& [min, max, open] = option.range;
  if (std::isfinite(min)) type[open ? "exclusiveMinimum" : "minimum"] = number(min);
  if (std::isfinite(max)) type["maximum"] = number(max);
  return type;
}

ordered_json value_type(const Declaration& option) {
  ordered_json item = item_type(option);
  if (item_of(option.field.type) == option.field.type) return item;
  ordered_json list = {{"type", "array"}, {"items", std::move(item)}, {"minItems", 1}};
  if (option.field.type == Type::kLayers) return {{"anyOf", {{{"const", "all"}}, list}}};
  list["minItems"] = option.min_items;
  list["maxItems"] = option.max_items;
  return list;
}

ordered_json describe(const Declaration& option) {
  ordered_json type = value_type(option);
  if (option.may_be_null()) type = {{"anyOf", {type, {{"type", "null"}}}}};
  type["description"] = option.help;
  type["default"] = config::value_of(option);
  return type;
}

}  // namespace

ordered_json json_schema() {
  ordered_json properties = ordered_json::object();
  for (const Declaration& option : config::default_options()) {
    const size_t dot = option.key.find('.');
    if (dot == std::string::npos) {
      properties[option.key] = describe(option);
      continue;
    }
    ordered_json& group = properties[option.group()];
    if (group.is_null()) {
      group = {{"type", {"object", "null"}},
               {"additionalProperties", false},
               {"properties", ordered_json::object()}};
    }
    group["properties"][option.key.substr(dot + 1)] = describe(option);
  }
  return {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
          {"title", "EIDA configuration"},
          {"type", {"object", "null"}},
          {"additionalProperties", false},
          {"properties", properties}};
}

}  // namespace eida

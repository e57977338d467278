#include <cmath>

#include "declaration.h"
#include "eida/config/schema.h"
#include "value.h"

namespace eida {
namespace {

using config::Declaration;
using nlohmann::ordered_json;

/// Whole bounds as whole numbers, so that 1 is not written 1.0.
ordered_json number(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return static_cast<int64_t>(value);
  return value;
}

ordered_json with_bounds(ordered_json type, const Declaration& option) {
  if (std::isfinite(option.min))
    type[option.min_open ? "exclusiveMinimum" : "minimum"] = number(option.min);
  if (std::isfinite(option.max)) type["maximum"] = number(option.max);
  return type;
}

ordered_json text_type(const Declaration& option) {
  ordered_json type = {{"type", "string"}, {"minLength", 1}};
  if (option.pattern != nullptr) type["pattern"] = option.pattern;
  return type;
}

ordered_json list_of(ordered_json items, const Declaration& option) {
  return {{"type", "array"},
          {"items", std::move(items)},
          {"minItems", option.min_items},
          {"maxItems", option.max_items}};
}

struct TypeOf {
  const Declaration& option;

  ordered_json whole() const { return with_bounds({{"type", "integer"}}, option); }
  ordered_json real() const { return with_bounds({{"type", "number"}}, option); }

  ordered_json operator()(bool*) const { return {{"type", "boolean"}}; }
  ordered_json operator()(int64_t*) const { return whole(); }
  ordered_json operator()(double*) const { return real(); }
  ordered_json operator()(std::optional<int64_t>*) const { return whole(); }
  ordered_json operator()(std::optional<double>*) const { return real(); }
  ordered_json operator()(std::string*) const { return text_type(option); }
  ordered_json operator()(std::filesystem::path*) const { return text_type(option); }
  ordered_json operator()(std::vector<int64_t>*) const { return list_of(whole(), option); }
  ordered_json operator()(const config::ChoiceField& field) const {
    const ordered_json names = {{"enum", option.choice_names()}};
    return field.is_list ? list_of(names, option) : names;
  }
  ordered_json operator()(std::vector<std::filesystem::path>*) const {
    return list_of(text_type(option), option);
  }
  ordered_json operator()(LayerChoice*) const {
    const ordered_json list = {{"type", "array"}, {"items", whole()}, {"minItems", 1}};
    return {{"anyOf", {{{"const", "all"}}, list}}};
  }
};

ordered_json describe(const Declaration& option) {
  ordered_json type = std::visit(TypeOf{option}, option.field);
  if (option.may_be_null()) type = {{"anyOf", {type, {{"type", "null"}}}}};
  type["description"] = option.help;
  type["default"] = config::value_of(option);
  return type;
}

}  // namespace

ordered_json json_schema() {
  Config defaults;
  ordered_json properties = ordered_json::object();
  for (const Declaration& option : config::declare(defaults)) {
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

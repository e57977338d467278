#include <fmt/format.h>

#include <set>

#include "declaration.h"
#include "eida/config/schema.h"

namespace eida {
namespace {

using nlohmann::json;

/// Text that no YAML reader takes for anything else, as it is; else in double quotes, whose escapes
/// JSON and YAML share.
std::string yaml_text(const std::string& text) {
  static const std::set<std::string> kWords = {"true", "false", "null", "yes", "no",
                                               "on",   "off",   "y",    "n"};
  constexpr const char* kFirst = "abcdefghijklmnopqrstuvwxyz_";
  constexpr const char* kInside = "abcdefghijklmnopqrstuvwxyz_0123456789/.-";
  const bool plain = text.find_first_of(kFirst) == 0 &&
                     text.find_first_not_of(kInside) == std::string::npos && !kWords.contains(text);
  return plain ? text : json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string yaml_value(const json& value) {
  if (value.is_string()) return yaml_text(value.get_ref<const std::string&>());
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const json& item : value) items.push_back(yaml_value(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

/// Paths leave their folder behind: a dump is valid anywhere.
json portable_value(const config::Declaration& option) {
  const auto make_absolute = [](json& path) {
    const std::filesystem::path given = path.get<std::string>();
    path = std::filesystem::absolute(given).lexically_normal().string();
  };
  json value = config::value_of(option);
  if (option.field.type == config::Type::kPath && !value.is_null()) make_absolute(value);
  if (option.field.type == config::Type::kPaths)
    for (json& path : value) make_absolute(path);
  return value;
}

}  // namespace

std::string dump_yaml(const Config& config, Program program, const KeySet& also) {
  Config copy = config;
  std::string text, group;
  for (const config::Declaration& option : config::declare(copy)) {
    if (!option.belongs_to(program) && !also.contains(option.key)) continue;
    const std::string value = yaml_value(portable_value(option));
    const size_t dot = option.key.find('.');
    if (dot == std::string::npos) {
      text += fmt::format("{}: {}\n", option.key, value);
      continue;
    }
    if (option.group() != group) {
      group = option.group();
      text += group + ":\n";
    }
    text += fmt::format("  {}: {}\n", option.key.substr(dot + 1), value);
  }
  return text;
}

}  // namespace eida

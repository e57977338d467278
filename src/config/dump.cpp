#include <fmt/format.h>

#include "declaration.h"
#include "eida/config/schema.h"
#include "value.h"

namespace eida {
namespace {

using nlohmann::json;

/// Text that no YAML reader takes for anything else, as it is; else in double quotes, whose escapes
/// JSON and YAML share.
std::string yaml_text(const std::string& text) {
  constexpr const char* kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
  constexpr const char* kInside =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789/.-";
  const bool plain =
      text.find_first_of(kLetters) == 0 && text.find_first_not_of(kInside) == std::string::npos;
  const bool word = text == "true" || text == "false" || text == "null" || text == "yes" ||
                    text == "no" || text == "on" || text == "off" || text == "y" || text == "n";
  std::string lower = text;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (plain && !word && lower == text) return text;
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string yaml_value(const json& value) {
  if (value.is_string()) return yaml_text(value.get_ref<const std::string&>());
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const json& item : value) items.push_back(yaml_value(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string absolute_text(const std::filesystem::path& path) {
  return std::filesystem::absolute(path).lexically_normal().string();
}

/// Paths leave their folder behind: a dump is valid anywhere.
json portable_value(const config::Declaration& option) {
  if (const auto* path = std::get_if<std::filesystem::path*>(&option.field);
      path != nullptr && !(*path)->empty()) {
    return absolute_text(**path);
  }
  const auto* paths = std::get_if<std::vector<std::filesystem::path>*>(&option.field);
  if (paths == nullptr) return config::value_of(option);
  json list = json::array();
  for (const auto& path : **paths) list.push_back(absolute_text(path));
  return list;
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

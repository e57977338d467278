#include <fmt/format.h>

#include <map>

#include "declaration.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/log.h"
#include "eida/core/utf8.h"
#include "nearest.h"

namespace eida {
namespace {

std::string line(const std::string& name, const std::string& help) {
  return fmt::format("{:<32} {}\n", name, help);
}

std::string list_keys() {
  std::string text;
  for (const config::Declaration& option : config::default_options())
    text += line(option.key, option.help);
  return text;
}

/// Name of a list → its text.
std::map<std::string, std::string> lists_of_choices() {
  std::map<std::string, std::string> lists;
  for (const config::Declaration& option : config::default_options()) {
    std::string text;
    for (const auto& [name, help] : option.field.choices) text += line(name, help);
    if (!text.empty()) lists[option.field.list] = text;
  }
  for (const std::string& level : log_levels()) lists["log-levels"] += level + "\n";
  return lists;
}

/// Name of a list that is no choice → what writes it.
const std::map<std::string, std::string (*)(Program)> kDocuments = {
    {"keys", [](Program) { return list_keys(); }},
    {"schema", [](Program) { return json_text(json_schema()); }},
    {"reference", [](Program) { return reference_text(); }},
    {"man", man_page},
    {"bash", [](Program program) { return completion_text(program, "bash"); }},
    {"zsh", [](Program program) { return completion_text(program, "zsh"); }},
    {"fish", [](Program program) { return completion_text(program, "fish"); }}};

}  // namespace

std::vector<std::string> list_names() {
  std::vector<std::string> names;
  for (const auto& [name, write] : kDocuments) names.push_back(name);
  for (const auto& [name, text] : lists_of_choices()) names.push_back(name);
  return names;
}

std::string list_text(const std::string& name, Program program) {
  if (const auto found = kDocuments.find(name); found != kDocuments.end())
    return found->second(program);
  const auto lists = lists_of_choices();
  if (const auto found = lists.find(name); found != lists.end()) return found->second;
  const auto names = list_names();
  const std::string near = config::nearest(name, names);
  throw ConfigError("--list: '{}' is not a list (hint: {}there are {})", printable(name),
                    near.empty() ? "" : fmt::format("did you mean {}? ", near),
                    fmt::join(names, ", "));
}

}  // namespace eida

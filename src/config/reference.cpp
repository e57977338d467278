/// docs/configuration.md.
#include <fmt/format.h>

#include <cmath>
#include <map>

#include "eida/config/schema.h"
#include "eida/core/utf8.h"
#include "help_page.h"

namespace eida {
namespace {

using config::Declaration;
using config::Type;

constexpr const char* kIntroduction = R"(# Configuration

Every key of a configuration file (`--config FILE`, YAML or JSON). A key with a flag can be given by the flag, any key by `--set KEY=VALUE`; on the
command line a list is separated by commas. Flags override the file, `--set` overrides flags. Relative paths in a file are relative to the
file's folder. One file serves all three programs: each skips the keys that only another one uses. Unknown keys, wrong types and values out of
range are errors that name file, line and key. `--dump-config` prints the resolved configuration; `configs/schema.json` is the JSON Schema.

Written by `eida-probe --list reference`.
)";

/// ", 1 to 16", ", above 0", ", at least 1", or nothing.
std::string range_text(const Declaration& option) {
  const auto& [min, max, open] = option.range;
  const bool low = std::isfinite(min), high = std::isfinite(max);
  if (low && high && !open) return fmt::format(", {} to {}", min, max);
  std::string text;
  if (low) text += fmt::format(", {} {}", open ? "above" : "at least", min);
  if (high) text += fmt::format(", at most {}", max);
  return text;
}

std::string items_text(const Declaration& option) {
  if (option.field.type != Type::kWholes && option.field.type != Type::kChoices) return "";
  if (option.min_items == option.max_items) return fmt::format("list of {} ", option.min_items);
  return option.min_items == 0 ? "list of any number of " : "list of ";
}

std::string type_text(const Declaration& option) {
  static const std::map<Type, std::string> kWords = {
      {Type::kFlag, "true, false"},
      {Type::kWhole, "whole number"},
      {Type::kReal, "number"},
      {Type::kText, "text"},
      {Type::kPath, "file"},
      {Type::kChoice, "a choice"},
      {Type::kLayers, "all, or list of whole numbers"},
      {Type::kWholes, "whole numbers"},
      {Type::kPaths, "list of files"},
      {Type::kChoices, "choices"}};
  if (option.pattern_help != nullptr) return option.pattern_help;
  if (option.meta == "DIR") return "folder";
  return fmt::format("{}{}{}{}", items_text(option), kWords.at(option.field.type),
                     range_text(option), option.increasing ? ", growing" : "");
}

std::string code(const std::string& text) { return "`" + text + "`"; }

std::string default_text(const Declaration& option) {
  const auto shown = [](const nlohmann::json& value) {
    if (value.is_null()) return std::string("null");
    const std::string text = config::typed(value);
    return text.empty() ? "none" : code(text);
  };
  std::string text = shown(config::value_of(option));
  for (const auto& [tasks, value] : config::task_defaults(option))
    text += fmt::format("; {}: {}", tasks, shown(value));
  return text;
}

std::string program_names(const Declaration& option) {
  std::vector<std::string> names;
  for (const Program program : {Program::kProbe, Program::kTrain, Program::kEval}) {
    const std::string name = program_name(program).substr(std::string("eida-").size());
    if (option.belongs_to(program))
      names.push_back(option.needed_by(program) ? name + " (needed)" : name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string meaning(const Declaration& option) {
  std::string text = option.help;
  if (!option.field.choices.empty()) text += ".";
  for (const auto& [name, help] : option.field.choices)
    text += fmt::format("<br>{}: {}", code(name), help);
  return text;
}

/// In a table a bar would end the cell.
std::string cell(std::string text) {
  replace_all(text, "|", "\\|");
  return text;
}

std::string row(const Declaration& option) {
  const std::string type = type_text(option);
  const std::string flag = option.flag.empty() ? "" : code(option.flag);
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", code(option.key),
                     cell(option.may_be_null() ? type + ", or null" : type),
                     cell(default_text(option)), flag, program_names(option),
                     cell(meaning(option)));
}

}  // namespace

std::string reference_text() {
  std::string text = kIntroduction, group;
  for (const Declaration& option : config::default_options()) {
    if (option.group() != group) {
      group = option.group();
      text +=
          fmt::format("\n## {}\n\n| key | value | default | flag | programs | meaning |\n", group);
      text += "|---|---|---|---|---|---|\n";
    }
    text += row(option);
  }
  return text;
}

}  // namespace eida

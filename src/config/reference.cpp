/// docs/configuration.md.
#include <fmt/format.h>

#include <cmath>

#include "eida/config/schema.h"
#include "help_page.h"
#include "value.h"

namespace eida {
namespace {

using config::Declaration;

constexpr const char* kIntroduction = R"(# Configuration

Every key of a configuration file (`--config FILE`, YAML or JSON). A key with a flag can be given by the flag, any key by `--set KEY=VALUE`; on the
command line a list is separated by commas. Flags override the file, `--set` overrides flags. Relative paths in a file are relative to the
file's folder. One file serves all three programs: each skips the keys that only another one uses. Unknown keys, wrong types and values out of
range are errors that name file, line and key. `--dump-config` prints the resolved configuration; `configs/schema.json` is the JSON Schema.

Written by `eida-probe --list reference`.
)";

/// ", 1 to 16", ", above 0", ", at least 1", or nothing.
std::string range_text(const Declaration& option) {
  const bool low = std::isfinite(option.min), high = std::isfinite(option.max);
  if (low && high && !option.min_open) return fmt::format(", {} to {}", option.min, option.max);
  std::string text;
  if (low) text += fmt::format(", {} {}", option.min_open ? "above" : "at least", option.min);
  if (high) text += fmt::format(", at most {}", option.max);
  return text;
}

std::string items_text(const Declaration& option) {
  if (option.min_items == option.max_items) return fmt::format("list of {}", option.min_items);
  return option.min_items == 0 ? "list of any number of" : "list of";
}

struct TypeText {
  const Declaration& option;

  std::string whole() const { return "whole number" + range_text(option); }
  std::string real() const { return "number" + range_text(option); }

  std::string operator()(const bool*) const { return "true, false"; }
  std::string operator()(const int64_t*) const { return whole(); }
  std::string operator()(const std::optional<int64_t>*) const { return whole(); }
  std::string operator()(const double*) const { return real(); }
  std::string operator()(const std::optional<double>*) const { return real(); }
  std::string operator()(const std::string*) const {
    return option.pattern_help != nullptr ? option.pattern_help : "text";
  }
  std::string operator()(const std::filesystem::path*) const {
    return option.meta == "DIR" ? "folder" : "file";
  }
  std::string operator()(const std::vector<int64_t>*) const {
    return fmt::format("{} whole numbers{}{}", items_text(option), range_text(option),
                       option.increasing ? ", growing" : "");
  }
  std::string operator()(const config::ChoiceField& field) const {
    return field.is_list ? items_text(option) + " choices" : "a choice";
  }
  std::string operator()(const std::vector<std::filesystem::path>*) const {
    return "list of files";
  }
  std::string operator()(const LayerChoice*) const {
    return "all, or list of whole numbers" + range_text(option);
  }
};

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
    const bool needs = (option.required & static_cast<unsigned>(program)) != 0;
    const std::string name = program_name(program).substr(std::string("eida-").size());
    if (option.belongs_to(program)) names.push_back(needs ? name + " (needed)" : name);
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string meaning(const Declaration& option) {
  std::string text = option.help;
  for (const config::Choice& choice : option.choices)
    text += fmt::format("{}<br>{}: {}", &choice == &option.choices.front() ? "." : "",
                        code(choice.name), choice.help);
  return text;
}

/// In a table a bar would end the cell.
std::string cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

std::string row(const Declaration& option) {
  const std::string type = std::visit(TypeText{option}, option.field);
  const std::string flag = option.flag.empty() ? "" : code(option.flag);
  return fmt::format("| {} | {} | {} | {} | {} | {} |\n", code(option.key),
                     cell(option.may_be_null() ? type + ", or null" : type),
                     cell(default_text(option)), flag, program_names(option),
                     cell(meaning(option)));
}

}  // namespace

std::string reference_text() {
  std::string text = kIntroduction, group;
  Config defaults;
  for (const Declaration& option : config::declare(defaults)) {
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

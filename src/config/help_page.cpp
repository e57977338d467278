#include "help_page.h"

#include <fmt/format.h>

#include "subcommands.h"
#include "value.h"

namespace eida::config {
namespace {

struct Placeholder {
  std::string operator()(const bool*) const { return ""; }
  std::string operator()(const int64_t*) const { return "N"; }
  std::string operator()(const std::optional<int64_t>*) const { return "N"; }
  std::string operator()(const double*) const { return "X"; }
  std::string operator()(const std::optional<double>*) const { return "X"; }
  std::string operator()(const std::vector<int64_t>*) const { return "N,N,…"; }
  std::string operator()(const ChoiceField& field) const {
    return field.is_list ? "NAME,…" : "NAME";
  }
  std::string operator()(const std::string*) const { return "NAME"; }
  std::string operator()(const std::filesystem::path*) const { return "PATH"; }
  std::string operator()(const std::vector<std::filesystem::path>*) const { return "PATH,…"; }
  std::string operator()(const LayerChoice*) const { return "all|N,N,…"; }
};

std::string default_text(const Declaration& option) {
  std::string text = typed(value_of(option));
  for (const auto& [tasks, value] : task_defaults(option))
    text += fmt::format("; {}: {}", tasks, value.dump());
  return text == "null" ? "" : fmt::format(" [{}]", text);
}

HelpEntry entry(const Declaration& option) {
  const std::string value = placeholder(option);
  const bool boolean = std::holds_alternative<bool*>(option.field);
  std::string left = option.flag;
  if (option.flag.empty()) {
    left = option.key + (boolean ? "=true|false" : "=" + value);
  } else if (!boolean) {
    left += " " + value;
  }
  std::string right = option.help;
  if (value.find('|') == std::string::npos && !option.choices.empty()) {
    right += fmt::format(": {}", fmt::join(option.choice_names(), ", "));
  }
  if (!option.flag.empty() && option.flag != "--" + option.key) right += " (" + option.key + ")";
  return {left, right + default_text(option)};
}

HelpEntry entry(const FreeOption& option) {
  std::string left = option.flag();
  if (!option.is_switch()) left += " " + option.value_name;
  return {left, option.help + (option.required ? "; needed" : "")};
}

HelpSection call_section(const Subcommand* sub = nullptr) {
  HelpSection section{"This call", {}};
  for (const FreeOption& option : call_options(sub)) section.entries.push_back(entry(option));
  return section;
}

std::string call(const Subcommand& sub) {
  std::string text = fmt::format("{} {}", program_name(sub.program), sub.name);
  if (!sub.arguments.empty()) text += " " + sub.arguments;
  for (const FreeOption& option : sub.options) {
    if (option.required) text += fmt::format(" {} {}", option.flag(), option.value_name);
  }
  return text + " [OPTIONS]";
}

HelpPage subcommand_page(const Subcommand& sub) {
  HelpPage page{program_name(sub.program) + " " + sub.name, sub.help, {}, sub.examples, {}};
  page.calls = {{call(sub), ""}};
  HelpSection options{"Options", {}};
  for (const FreeOption& option : sub.options) options.entries.push_back(entry(option));
  Config defaults;
  for (const Declaration& option : keys_of(sub, defaults)) options.entries.push_back(entry(option));
  page.sections = {options, call_section(&sub)};
  return page;
}

/// One section a group of keys, behind a heading that says what they are.
std::vector<HelpSection> key_sections(Program program) {
  std::vector<HelpSection> sections = {
      {"Flags and keys (what has no flag is set by --set KEY=VALUE; defaults in brackets)", {}}};
  Config defaults;
  for (const Declaration& option : declare(defaults)) {
    if (!option.belongs_to(program)) continue;
    if (option.group() != sections.back().title) sections.push_back({option.group(), {}});
    sections.back().entries.push_back(entry(option));
  }
  return sections;
}

}  // namespace

std::string placeholder(const Declaration& option) {
  if (!option.meta.empty()) return option.meta;
  std::string names = fmt::format("{}", fmt::join(option.choice_names(), "|"));
  const bool single = option.choice() != nullptr && !option.choice()->is_list;
  if (single && names.size() <= 16) return names;
  return std::visit(Placeholder{}, option.field);
}

std::string typed(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const auto& item : value) items.push_back(typed(item));
  return fmt::format("{}", fmt::join(items, ","));
}

HelpPage help_page(Program program, const std::string& subcommand) {
  if (const Subcommand* sub = find_subcommand(program, subcommand)) return subcommand_page(*sub);
  HelpPage page{program_name(program), summary(program), {}, examples(program), {}};
  page.calls = {{page.name + " [OPTIONS]", ""}};
  for (const Subcommand& sub : subcommands()) {
    if (sub.program == program) page.calls.push_back({call(sub), sub.help});
  }
  page.sections = key_sections(program);
  page.sections.insert(page.sections.begin(), call_section());
  return page;
}

}  // namespace eida::config

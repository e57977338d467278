#include "help_page.h"

#include <fmt/format.h>

#include <map>

#include "eida/config/schema.h"
#include "eida/core/utf8.h"
#include "subcommands.h"

namespace eida {
namespace config {
namespace {

std::string default_text(const Declaration& option) {
  std::string text = typed(value_of(option));
  for (const auto& [tasks, value] : task_defaults(option))
    text += fmt::format("; {}: {}", tasks, value.dump());
  return text == "null" ? "" : fmt::format(" [{}]", text);
}

HelpEntry entry(const Declaration& option) {
  const std::string value = placeholder(option);
  const bool boolean = option.field.type == Type::kFlag;
  std::string left = option.flag;
  if (option.flag.empty()) {
    left = option.key + (boolean ? "=true|false" : "=" + value);
  } else if (!boolean) {
    left += " " + value;
  }
  std::string right = option.help;
  if (value.find('|') == std::string::npos && !option.field.choices.empty()) {
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
  for (const Declaration& option : keys_of(sub)) options.entries.push_back(entry(option));
  page.sections = {options, call_section(&sub)};
  return page;
}

/// One section a group of keys, behind a heading that says what they are.
std::vector<HelpSection> key_sections(Program program) {
  std::vector<HelpSection> sections = {
      {"Flags and keys (what has no flag is set by --set KEY=VALUE; defaults in brackets)", {}}};
  for (const Declaration& option : default_options()) {
    if (!option.belongs_to(program)) continue;
    if (option.group() != sections.back().title) sections.push_back({option.group(), {}});
    sections.back().entries.push_back(entry(option));
  }
  return sections;
}

constexpr size_t kLeft = 36;    // width of the column with the names
constexpr size_t kWidth = 100;  // of the whole

/// "  LEFT      right, wrapped at kWidth".
std::string laid_out(const std::string& left, const std::string& right) {
  std::string text = "  " + left;
  size_t column = 2 + display_width(left);
  const auto to_right_column = [&] {
    if (column >= kLeft) {
      while (text.back() == ' ') text.pop_back();
      text += '\n';
      column = 0;
    }
    text.append(kLeft - column, ' ');
    column = kLeft;
  };
  to_right_column();
  for (size_t begin = 0; begin < right.size();) {
    const size_t end = std::min(right.find(' ', begin), right.size());
    const std::string word = right.substr(begin, end - begin);
    const size_t width = display_width(word);
    if (column > kLeft && column + width > kWidth) to_right_column();
    text += word + " ";
    column += width + 1;
    begin = end + 1;
  }
  while (text.back() == ' ') text.pop_back();
  return text + "\n";
}

}  // namespace

std::string placeholder(const Declaration& option) {
  if (!option.meta.empty()) return option.meta;
  static const std::map<Type, std::string> kPlaceholders = {
      {Type::kFlag, ""},        {Type::kWhole, "N"},
      {Type::kReal, "X"},       {Type::kLayers, "all|N,N,…"},
      {Type::kWholes, "N,N,…"}, {Type::kChoices, "NAME,…"}};
  const auto found = kPlaceholders.find(option.field.type);
  if (found != kPlaceholders.end()) return found->second;
  const std::string names = fmt::format("{}", fmt::join(option.choice_names(), "|"));
  return names.empty() || names.size() > 16 ? "NAME" : names;
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
  const auto& [self, name, summary, examples] = help_of(program);
  HelpPage page{name, summary, {}, examples, {}};
  page.calls = {{page.name + " [OPTIONS]", ""}};
  for (const Subcommand& sub : subcommands()) {
    if (sub.program == program) page.calls.push_back({call(sub), sub.help});
  }
  page.sections = key_sections(program);
  page.sections.insert(page.sections.begin(), call_section());
  return page;
}

}  // namespace config

std::string help_text(Program program, const std::string& subcommand) {
  const config::HelpPage page = config::help_page(program, subcommand);
  std::string text = fmt::format("{}: {}\n\n", page.name, page.summary);
  for (const auto& [call, meaning] : page.calls) {
    text += text.ends_with("\n\n") ? "Usage: " : "       ";
    text += meaning.empty() ? call + "\n" : fmt::format("{}   {}\n", call, meaning);
  }
  text += "\nExamples:\n";
  for (const std::string& example : page.examples) text += "  " + example + "\n";
  for (const config::HelpSection& section : page.sections) {
    text += fmt::format("\n{}:\n", section.title);
    for (const auto& [left, right] : section.entries) text += config::laid_out(left, right);
  }
  return text;
}

}  // namespace eida

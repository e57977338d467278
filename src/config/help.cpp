#include <fmt/format.h>

#include "declaration.h"
#include "eida/config/schema.h"
#include "eida/core/utf8.h"
#include "subcommands.h"
#include "value.h"

namespace eida {
namespace {

using config::Declaration;

constexpr size_t kLeft = 36;    // width of the column with the names
constexpr size_t kWidth = 100;  // of the whole

/// "  LEFT      right, wrapped at kWidth".
std::string entry(const std::string& left, const std::string& right) {
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
    if (column > kLeft && column + width > kWidth) {
      to_right_column();
    }
    text += word + " ";
    column += width + 1;
    begin = end + 1;
  }
  while (text.back() == ' ') text.pop_back();
  return text + "\n";
}

struct Placeholder {
  std::string operator()(const bool*) const { return ""; }
  std::string operator()(const int64_t*) const { return "N"; }
  std::string operator()(const std::optional<int64_t>*) const { return "N"; }
  std::string operator()(const double*) const { return "X"; }
  std::string operator()(const std::optional<double>*) const { return "X"; }
  std::string operator()(const std::vector<int64_t>*) const { return "N,N,…"; }
  std::string operator()(const std::vector<std::string>*) const { return "NAME,…"; }
  std::string operator()(const std::string*) const { return "NAME"; }
  std::string operator()(const std::filesystem::path*) const { return "PATH"; }
  std::string operator()(const std::vector<std::filesystem::path>*) const { return "PATH,…"; }
  std::string operator()(const LayerChoice*) const { return "all|N,N,…"; }
};

/// Short lists of choices stand for the value themselves.
std::string placeholder(const Declaration& option) {
  if (!option.meta.empty()) return option.meta;
  std::string names = fmt::format("{}", fmt::join(option.choice_names(), "|"));
  const bool single = std::holds_alternative<std::string*>(option.field);
  if (single && !names.empty() && names.size() <= 16) return names;
  return std::visit(Placeholder{}, option.field);
}

/// A value as one would type it: lists without brackets and quotes.
std::string typed(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::vector<std::string> items;
  for (const auto& item : value) items.push_back(typed(item));
  return fmt::format("{}", fmt::join(items, ","));
}

std::string default_text(const Declaration& option) {
  std::string text = typed(config::value_of(option));
  if (!option.completion_default.is_null()) {
    text += fmt::format("; e2e, prompt: {}", option.completion_default.dump());
  }
  return text == "null" ? "" : fmt::format(" [{}]", text);
}

std::string describe(const Declaration& option) {
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
  return entry(left, right + default_text(option));
}

std::string common_switches() {
  std::string text = "\nThis call:\n";
  text += entry("--config FILE", "YAML or JSON; flags override it");
  text += entry("--set KEY=VALUE", "sets any key of the configuration; may be repeated");
  for (const config::Switch& option : config::switches()) text += entry(option.flag, option.help);
  text += entry("--log-level NAME", "trace, debug, info, warning, error, off [info]");
  text += entry("--dump-config", "print the resolved configuration, a valid --config, and end");
  text += entry("--list NAME",
                "what can be chosen, for example: estimators, rank-rules, tasks, keys, schema");
  text += entry("--version", "print the version and end");
  text += entry("--help", "print this and end");
  return text;
}

std::string usage_line(const config::Subcommand& sub) {
  std::string text = fmt::format("{} {}", program_name(sub.program), sub.name);
  if (!sub.arguments.empty()) text += " " + sub.arguments;
  for (const config::SubcommandOption& option : sub.options) {
    if (option.required) text += fmt::format(" {} {}", option.flag(), option.value_name);
  }
  return text + " [OPTIONS]";
}

std::string describe(const config::SubcommandOption& option) {
  std::string left = option.flag();
  if (!option.is_switch()) left += " " + option.value_name;
  return entry(left, option.help + (option.required ? "; needed" : ""));
}

std::string subcommand_help(const config::Subcommand& sub) {
  std::string text = fmt::format("{} {}: {}\n\nUsage: {}\n\nExamples:\n", program_name(sub.program),
                                 sub.name, sub.help, usage_line(sub));
  for (const std::string& example : sub.examples) text += "  " + example + "\n";
  text += "\nOptions:\n";
  for (const config::SubcommandOption& option : sub.options) text += describe(option);
  Config defaults;
  auto all = config::declare(defaults);
  for (const auto* keys : {&sub.needed_keys, &sub.keys}) {
    for (const std::string& key : *keys) text += describe(*config::find(all, key));
  }
  return text + common_switches();
}

}  // namespace

std::string help_text(Program program, const std::string& subcommand) {
  if (const auto* sub = config::find_subcommand(program, subcommand)) return subcommand_help(*sub);
  const std::string name = program_name(program);
  std::string text =
      fmt::format("{}: {}\n\nUsage: {} [OPTIONS]\n", name, config::summary(program), name);
  for (const config::Subcommand& sub : config::subcommands()) {
    if (sub.program == program) text += fmt::format("       {}   {}\n", usage_line(sub), sub.help);
  }
  text += "\nExamples:\n";
  for (const std::string& example : config::examples(program)) text += "  " + example + "\n";
  text += common_switches();
  text += "\nFlags and keys (what has no flag is set by --set KEY=VALUE; defaults in brackets):\n";
  Config defaults;
  std::string group;
  for (const Declaration& option : config::declare(defaults)) {
    if (!option.belongs_to(program)) continue;
    if (option.group() != group) {
      group = option.group();
      text += fmt::format("\n{}:\n", group);
    }
    text += describe(option);
  }
  return text;
}

}  // namespace eida

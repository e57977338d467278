#include "completion.h"

#include <fmt/format.h>

#include <algorithm>

#include "declaration.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "help_page.h"
#include "subcommands.h"

namespace eida {
namespace config {
namespace {

ValueKind path_kind(const std::string& value_name) {
  return value_name == "DIR" ? ValueKind::kFolder : ValueKind::kFile;
}

ValueKind kind_of(const Declaration& option) {
  if (std::holds_alternative<bool*>(option.field)) return ValueKind::kNone;
  if (const ChoiceField* choice = option.choice())
    return choice->is_list ? ValueKind::kList : ValueKind::kChoice;
  const bool path = std::holds_alternative<std::filesystem::path*>(option.field) ||
                    std::holds_alternative<std::vector<std::filesystem::path>*>(option.field);
  return path ? path_kind(option.meta) : ValueKind::kAny;
}

ValueKind kind_of(const FreeOption& option) {
  if (option.is_switch()) return ValueKind::kNone;
  if (!option.choices.empty()) return ValueKind::kChoice;
  if (option.value_name == "KEY=VALUE") return ValueKind::kKey;
  const bool path = option.value_name == "FILE" || option.value_name == "DIR";
  return path ? path_kind(option.value_name) : ValueKind::kAny;
}

Completion completion(const FreeOption& option) {
  return {option.flag(), option.help, kind_of(option), option.value_name, option.choices};
}

Completion completion(const Declaration& option) {
  return {option.flag, option.help, kind_of(option), placeholder(option), option.choice_names()};
}

void add_call_options(CommandCompletion& command, const Subcommand* sub) {
  for (const FreeOption& option : call_options(sub)) command.flags.push_back(completion(option));
}

CommandCompletion of_subcommand(const Subcommand& sub) {
  CommandCompletion command{sub.name, sub.help, {}, !sub.arguments.empty()};
  for (const FreeOption& option : sub.options) command.flags.push_back(completion(option));
  Config defaults;
  for (const Declaration& option : keys_of(sub, defaults))
    command.flags.push_back(completion(option));
  add_call_options(command, &sub);
  return command;
}

}  // namespace

std::vector<CommandCompletion> command_completions(Program program) {
  std::vector<CommandCompletion> commands(1);
  Config defaults;
  for (const Declaration& option : declare(defaults)) {
    if (option.belongs_to(program) && !option.flag.empty())
      commands.front().flags.push_back(completion(option));
  }
  add_call_options(commands.front(), nullptr);
  for (const Subcommand& sub : subcommands()) {
    if (sub.program == program) commands.push_back(of_subcommand(sub));
  }
  return commands;
}

std::vector<Completion> key_completions(Program program) {
  std::vector<Completion> keys;
  Config defaults;
  for (const Declaration& option : declare(defaults)) {
    if (!option.belongs_to(program)) continue;
    Completion& key = keys.emplace_back(completion(option));
    key.flag = option.key;
    if (key.kind == ValueKind::kNone) {
      key.kind = ValueKind::kChoice;
      key.choices = {"true", "false"};
    }
  }
  return keys;
}

std::string backslashed(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string identifier(Program program) {
  std::string name = program_name(program);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string completion_header(Program program, const std::string& shell) {
  const std::string name = program_name(program);
  return fmt::format("# Completion of {} for {}; written by {} --list {}\n", name, shell, name,
                     shell);
}

}  // namespace config

std::string completion_text(Program program, const std::string& shell) {
  if (shell == "bash") return config::bash_completion(program);
  if (shell == "zsh") return config::zsh_completion(program);
  if (shell == "fish") return config::fish_completion(program);
  throw ConfigError("no completion for the shell '{}' (hint: bash, zsh, fish)", shell);
}

}  // namespace eida

#include "completion.h"

#include <fmt/format.h>

#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "help_page.h"

namespace eida {
namespace config {
namespace {

FreeOption as_flag(const Declaration& option, const std::string& name) {
  const bool repeatable = option.field.type == Type::kPaths;
  return {name, placeholder(option), option.help, false, repeatable, option.choice_names()};
}

void append(std::vector<FreeOption>& flags, const std::vector<Declaration>& options,
            Program program) {
  for (const Declaration& option : options) {
    if (option.belongs_to(program) && !option.flag.empty())
      flags.push_back(as_flag(option, option.flag.substr(2)));
  }
}

void append_call_options(std::vector<FreeOption>& flags, const Subcommand* sub) {
  const std::vector<FreeOption> options = call_options(sub);
  flags.insert(flags.end(), options.begin(), options.end());
}

}  // namespace

ValueKind kind_of(const FreeOption& option) {
  if (option.is_switch()) return ValueKind::kNone;
  if (!option.choices.empty())
    return option.value_name.ends_with("…") ? ValueKind::kList : ValueKind::kChoice;
  if (option.value_name == "KEY=VALUE") return ValueKind::kKey;
  if (option.value_name == "DIR") return ValueKind::kFolder;
  return option.value_name == "FILE" ? ValueKind::kFile : ValueKind::kAny;
}

std::vector<CommandCompletion> command_completions(Program program) {
  std::vector<CommandCompletion> commands(1);
  append(commands.front().flags, default_options(), program);
  append_call_options(commands.front().flags, nullptr);
  for (const Subcommand& sub : subcommands()) {
    if (sub.program != program) continue;
    commands.push_back({sub.name, sub.help, sub.options, !sub.arguments.empty()});
    append(commands.back().flags, keys_of(sub), program);
    append_call_options(commands.back().flags, &sub);
  }
  return commands;
}

std::vector<FreeOption> key_completions(Program program) {
  std::vector<FreeOption> keys;
  for (const Declaration& option : default_options()) {
    if (!option.belongs_to(program)) continue;
    FreeOption& key = keys.emplace_back(as_flag(option, option.key));
    if (key.is_switch()) {
      key.value_name = "NAME";
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
  replace_all(name, "-", "_");
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

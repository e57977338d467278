/// What can be typed where on a program's command line, for the completion of bash, zsh and fish.
#include <fmt/format.h>

#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "help_page.h"
#include "subcommands.h"

namespace eida {
namespace config {
namespace {

enum class ValueKind { kNone, kAny, kChoice, kList, kFile, kFolder, kKey };

/// The flags of one subcommand; `name` is empty for the program itself.
struct CommandCompletion {
  std::string name, help;
  std::vector<FreeOption> flags;
  bool takes_folders = false;  ///< as arguments without a flag
};

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

/// What the value of a flag may be. The items of a list are separated by commas.
ValueKind kind_of(const FreeOption& option) {
  if (option.is_switch()) return ValueKind::kNone;
  if (!option.choices.empty())
    return option.value_name.ends_with("…") ? ValueKind::kList : ValueKind::kChoice;
  if (option.value_name == "KEY=VALUE") return ValueKind::kKey;
  if (option.value_name == "DIR") return ValueKind::kFolder;
  return option.value_name == "FILE" ? ValueKind::kFile : ValueKind::kAny;
}

/// First the program itself, then its subcommands.
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

/// Keys that --set takes, as flags of that name.
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

/// `text` with a backslash before each character of `special`.
std::string backslashed(const std::string& text, const std::string& special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    out += c;
  }
  return out;
}

/// "eida-probe" as a part of function names: "eida_probe".
std::string identifier(Program program) {
  std::string name = program_name(program);
  replace_all(name, "-", "_");
  return name;
}

/// "# Completion of eida-probe for bash; written by eida-probe --list bash".
std::string completion_header(Program program, const std::string& shell) {
  const std::string name = program_name(program);
  return fmt::format("# Completion of {} for {}; written by {} --list {}\n", name, shell, name,
                     shell);
}

// bash

/// Needs nothing of the package bash-completion. COMP_WORDBREAKS splits words at '=', so that
/// --flag=value and --set key=value arrive as three words.
constexpr const char* kFunction = R"(_@NAME@() {
  local flags= folders= values= kind=any head=
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  if [[ $cur == = ]]; then
    cur=
  elif [[ $prev == = ]]; then
    prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case ${COMP_WORDS[1]} in
@COMMANDS@  esac
  case $prev in
@VALUES@    *) kind=flag ;;
  esac
  COMPREPLY=()
  case $kind in
    flag)
      COMPREPLY=($(compgen -W "$flags" -- "$cur"))
      [[ $folders && $cur != -* ]] && COMPREPLY=($(compgen -d -- "$cur")) ;;
    words)
      head=${cur%"${cur##*,}"}
      COMPREPLY=($(compgen -P "$head" -W "$values" -- "${cur##*,}")) ;;
    key)
      COMPREPLY=($(compgen -S = -W "$values" -- "$cur"))
      compopt -o nospace 2>/dev/null ;;
    file) COMPREPLY=($(compgen -f -- "$cur")); compopt -o filenames 2>/dev/null ;;
    folder) COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null ;;
  esac
}
complete -F _@NAME@ @PROGRAM@
)";

std::string words(const std::vector<std::string>& list) {
  return fmt::format("'{}'", fmt::join(list, " "));
}

std::string command_case(const CommandCompletion& command, const std::vector<std::string>& names) {
  std::vector<std::string> flags = names;
  for (const FreeOption& flag : command.flags) flags.push_back(flag.flag());
  return fmt::format("    {}) flags={}{} ;;\n", command.name.empty() ? "*" : command.name,
                     words(flags), command.takes_folders ? " folders=yes" : "");
}

/// \param typed what stands before the value: a flag or a key
std::string value_case(const std::string& typed, const FreeOption& option) {
  const auto is = [&](const std::string& what) {
    return fmt::format("    {}) {} ;;\n", typed, what);
  };
  switch (kind_of(option)) {
    case ValueKind::kChoice:
    case ValueKind::kList:
      return is(fmt::format("kind=words values={}", words(option.choices)));
    case ValueKind::kFile:
      return is("kind=file");
    case ValueKind::kFolder:
      return is("kind=folder");
    case ValueKind::kAny:
      return is("");
    case ValueKind::kNone:
    case ValueKind::kKey:
      return "";
  }
  return "";
}

std::string bash_completion(Program program) {
  const std::vector<CommandCompletion> commands = command_completions(program);
  std::string command_cases, value_cases;
  std::vector<std::string> names, keys;
  for (size_t i = 1; i < commands.size(); ++i) {
    command_cases += command_case(commands[i], {});
    names.push_back(commands[i].name);
  }
  command_cases += command_case(commands.front(), names);
  // A flag has the same values in every subcommand that has it.
  for (const CommandCompletion& command : commands) {
    for (const FreeOption& flag : command.flags) {
      const std::string line = value_case(flag.flag(), flag);
      if (value_cases.find(line) == std::string::npos) value_cases += line;
    }
  }
  for (const FreeOption& key : key_completions(program)) {
    value_cases += value_case(key.name, key);
    keys.push_back(key.name);
  }
  value_cases += fmt::format("    --set) kind=key values={} ;;\n", words(keys));
  std::string text = completion_header(program, "bash") + kFunction;
  replace_all(text, "@NAME@", identifier(program));
  replace_all(text, "@PROGRAM@", program_name(program));
  replace_all(text, "@COMMANDS@", command_cases);
  replace_all(text, "@VALUES@", value_cases);
  return text;
}

// zsh

std::string action(const FreeOption& flag, const std::string& name) {
  const std::string choices = fmt::format("{}", fmt::join(flag.choices, " "));
  switch (kind_of(flag)) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kAny:
      return " ";
    case ValueKind::kFile:
      return "_files";
    case ValueKind::kFolder:
      return "_files -/";
    case ValueKind::kKey:
      return fmt::format("_{}_keys", name);
    case ValueKind::kChoice:
      return fmt::format("({})", choices);
    case ValueKind::kList:
      return fmt::format("_sequence compadd - {}", choices);
  }
  return "";
}

/// An argument of _arguments: '--lr=[largest learning rate]:X: '.
std::string specification(const FreeOption& flag, const std::string& name) {
  const std::string help = "[" + backslashed(flag.help, "\\[]:") + "]";
  const std::string text = (flag.repeatable ? "*" : "") + flag.flag();
  if (flag.is_switch()) return shell_quoted(text + help);
  return shell_quoted(fmt::format("{}={}:{}:{}", text, help, backslashed(flag.value_name, "\\:"),
                                  action(flag, name)));
}

std::string arguments_call(const CommandCompletion& command, const std::string& name,
                           const std::string& first) {
  std::string text = fmt::format("_arguments -s {}", first);
  if (command.takes_folders) text += " '*:run folder:_files -/'";
  for (const FreeOption& flag : command.flags) text += " \\\n      " + specification(flag, name);
  return text;
}

std::string key_function(Program program, const std::string& name) {
  std::string keys, cases;
  for (const FreeOption& key : key_completions(program)) {
    keys += " " + key.name;
    const bool path = kind_of(key) == ValueKind::kFile || kind_of(key) == ValueKind::kFolder;
    if (path) cases += fmt::format("      *{}) _files ;;\n", key.name);
    if (!key.choices.empty())
      cases += fmt::format("      *{}) compadd - {} ;;\n", key.name, fmt::join(key.choices, " "));
  }
  return fmt::format(
      "_{}_keys() {{\n  if compset -P '*='; then\n    case ${{IPREFIX%=}} in\n{}    esac\n"
      "  else\n    compadd -S = -{}\n  fi\n}}\n",
      name, cases, keys);
}

std::string zsh_completion(Program program) {
  const std::string name = identifier(program);
  const std::vector<CommandCompletion> commands = command_completions(program);
  std::string cases, names;
  for (size_t i = 1; i < commands.size(); ++i) {
    const CommandCompletion& command = commands[i];
    names += fmt::format(R"( {}\:"{}")", command.name, backslashed(command.help, "\\:\"()"));
    cases += fmt::format("    {}) {} ;;\n", command.name,
                         arguments_call(command, name, fmt::format("'1: :({})'", command.name)));
  }
  const std::string first = shell_quoted(fmt::format("1:command:(({} ))", names));
  cases += fmt::format("    *) {} ;;\n", arguments_call(commands.front(), name, first));
  return fmt::format(
      "#compdef {}\n{}{}_{}() {{\n  case ${{words[2]}} in\n{}  esac\n}}\n_{} \"$@\"\n",
      program_name(program), completion_header(program, "zsh"), key_function(program, name), name,
      cases, name);
}

// fish

/// In single quotes fish knows only \\ and \'.
std::string quoted(const std::string& text) { return "'" + backslashed(text, "\\'") + "'"; }

/// What `complete` is told about a flag's value.
std::string value_options(const FreeOption& flag, const std::vector<FreeOption>& keys) {
  std::vector<std::string> items = flag.choices;
  switch (kind_of(flag)) {
    case ValueKind::kNone:
      return "";
    case ValueKind::kAny:
      return " -x";
    case ValueKind::kFile:
      return " -r -F";
    case ValueKind::kFolder:
      return " -x -a '(__fish_complete_directories)'";
    case ValueKind::kKey:
      for (const FreeOption& key : keys) items.push_back(key.name + "=");
      break;
    case ValueKind::kChoice:
    case ValueKind::kList:
      break;
  }
  return fmt::format(" -x -a {}", quoted(fmt::format("{}", fmt::join(items, " "))));
}

std::string fish_completion(Program program) {
  const std::vector<CommandCompletion> commands = command_completions(program);
  const std::vector<FreeOption> keys = key_completions(program);
  const std::string complete = "complete -c " + program_name(program);
  std::string text = completion_header(program, "fish") + complete + " -f\n";
  for (const CommandCompletion& command : commands) {
    const bool is_program = command.name.empty();
    if (!is_program) {
      text += fmt::format("{} -n __fish_use_subcommand -a {} -d {}\n", complete, command.name,
                          quoted(command.help));
    }
    const std::string where = is_program
                                  ? "__fish_use_subcommand"
                                  : fmt::format("'__fish_seen_subcommand_from {}'", command.name);
    for (const FreeOption& flag : command.flags) {
      text += fmt::format("{} -n {} -l {}{} -d {}\n", complete, where, flag.name,
                          value_options(flag, keys), quoted(flag.help));
    }
    if (command.takes_folders)
      text += fmt::format("{} -n {} -a '(__fish_complete_directories)'\n", complete, where);
  }
  return text;
}

}  // namespace
}  // namespace config

std::string completion_text(Program program, const std::string& shell) {
  if (shell == "bash") return config::bash_completion(program);
  if (shell == "zsh") return config::zsh_completion(program);
  if (shell == "fish") return config::fish_completion(program);
  throw ConfigError("no completion for the shell '{}' (hint: bash, zsh, fish)", shell);
}

}  // namespace eida

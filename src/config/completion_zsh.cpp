#include <fmt/format.h>

#include "completion.h"
#include "eida/core/utf8.h"

namespace eida::config {
namespace {

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

}  // namespace

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

}  // namespace eida::config

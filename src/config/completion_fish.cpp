#include <fmt/format.h>

#include "completion.h"

namespace eida::config {
namespace {

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

}  // namespace

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

}  // namespace eida::config

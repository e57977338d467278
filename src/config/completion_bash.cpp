#include <fmt/format.h>

#include "completion.h"
#include "eida/core/utf8.h"

namespace eida::config {
namespace {

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

}  // namespace

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

}  // namespace eida::config

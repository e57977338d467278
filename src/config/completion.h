/// What can be typed where on a program's command line, for the shells' completion.
#pragma once

#include <string>
#include <vector>

#include "subcommands.h"

namespace eida::config {

enum class ValueKind { kNone, kAny, kChoice, kList, kFile, kFolder, kKey };

/// What the value of a flag may be. The items of a list are separated by commas.
ValueKind kind_of(const FreeOption& option);

/// The flags of one subcommand; `name` is empty for the program itself.
struct CommandCompletion {
  std::string name, help;
  std::vector<FreeOption> flags;
  bool takes_folders = false;  ///< as arguments without a flag
};

/// First the program itself, then its subcommands.
std::vector<CommandCompletion> command_completions(Program program);

/// Keys that --set takes, as flags of that name.
std::vector<FreeOption> key_completions(Program program);

/// `text` with a backslash before each character of `special`.
std::string backslashed(const std::string& text, const std::string& special);

/// "eida-probe" as a part of function names: "eida_probe".
std::string identifier(Program program);

/// "# Completion of eida-probe for bash; written by eida-probe --list bash".
std::string completion_header(Program program, const std::string& shell);

std::string bash_completion(Program program);
std::string zsh_completion(Program program);
std::string fish_completion(Program program);

}  // namespace eida::config

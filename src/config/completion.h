/// What can be typed where on a program's command line, for the shells' completion.
#pragma once

#include <string>
#include <vector>

#include "eida/config/program.h"

namespace eida::config {

enum class ValueKind { kNone, kAny, kChoice, kList, kFile, kFolder, kKey };

/// A flag and what its value may be.
struct Completion {
  std::string flag;  ///< "--lr"
  std::string help;
  ValueKind kind = ValueKind::kNone;
  std::string value_name;            ///< "FILE"
  std::vector<std::string> choices;  ///< of kChoice and kList, whose items are separated by commas
};

/// The flags of one subcommand; `name` is empty for the program itself.
struct CommandCompletion {
  std::string name, help;
  std::vector<Completion> flags;
  bool takes_folders = false;  ///< as arguments without a flag
};

/// First the program itself, then its subcommands.
std::vector<CommandCompletion> command_completions(Program program);

/// Keys that --set takes with what their values may be; `flag` is the key.
std::vector<Completion> key_completions(Program program);

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

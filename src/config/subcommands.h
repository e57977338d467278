/// Subcommands of the programs and the switches that are no configuration keys.
#pragma once

#include <string>
#include <vector>

#include "eida/config/command_line.h"

namespace eida::config {

struct Subcommand {
  Program program;
  std::string name;
  std::string arguments;  ///< in help: "RUN_A RUN_B …"
  std::string help;
  int least_arguments = 0;
};

const std::vector<Subcommand>& subcommands();

/// A switch of every program that says something about this call only, and so is no key.
struct Switch {
  std::string flag, help;
  bool ParsedCommand::*field;
};

const std::vector<Switch>& switches();

/// Example calls for --help.
std::vector<std::string> examples(Program program);

/// What the program does, in a line.
std::string summary(Program program);

}  // namespace eida::config

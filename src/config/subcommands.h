/// Subcommands of the programs and the switches that are no configuration keys.
#pragma once

#include <string>
#include <vector>

#include "declaration.h"
#include "eida/config/command_line.h"

namespace eida::config {

/// A flag that is no configuration key: of a subcommand, or of every call.
struct FreeOption {
  std::string name;        ///< "references" of --references
  std::string value_name;  ///< in help: "FILE"; empty: a switch
  std::string help;
  bool required = false;
  bool repeatable = false;
  std::vector<std::string> choices = {};  ///< of the value; empty: any

  std::string flag() const { return "--" + name; }
  bool is_switch() const { return value_name.empty(); }
};

struct Subcommand {
  Program program;
  std::string name;
  std::string arguments = {};  ///< in help: "RUN_A RUN_B …"; empty: takes none
  std::string help = {};
  int least_arguments = 0;
  std::vector<FreeOption> options = {};
  std::vector<std::string> needed_keys = {};  ///< configuration it cannot do without
  std::vector<std::string> keys = {};         ///< other configuration it has a use for
  std::vector<std::string> examples = {};
  std::string output_help = {};            ///< what its run.output is, if it has one
  std::vector<std::string> switches = {};  ///< of those that concern a run folder, it obeys these
};

const std::vector<Subcommand>& subcommands();

/// The configuration keys that it needs, then the others it has a use for.
std::vector<Declaration> keys_of(const Subcommand& sub);

/// \return nullptr where the program has no such subcommand
const Subcommand* find_subcommand(Program program, const std::string& name);

/// A switch of every program that says something about this call only, and so is no key.
struct Switch {
  std::string flag, help;
  bool ParsedCommand::*field;
  bool of_run_folder = false;  ///< says what becomes of a run folder: not every subcommand has one
};

const std::vector<Switch>& switches();

/// Whether calls of the program (no subcommand: nullptr) or of its subcommand obey the switch.
bool obeys(const Subcommand* sub, const Switch& option);

/// The flags of every call that are no keys, with the switches it obeys.
std::vector<FreeOption> call_options(const Subcommand* sub = nullptr);

/// What --help says of a program as a whole.
struct ProgramHelp {
  Program program;
  std::string name, summary;
  std::vector<std::string> examples;
};

const ProgramHelp& help_of(Program program);

}  // namespace eida::config

/// The command line of the three programs.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "eida/config/config.h"
#include "eida/config/schema.h"

namespace eida {

/// What the command line and the configuration file say, checked and resolved.
struct ParsedCommand {
  Program program = Program::kProbe;
  Config config;
  KeySet given;                        ///< keys that the file or the command line set
  std::filesystem::path config_file;   ///< empty: none
  std::string subcommand;              ///< empty, or for example "compare"
  std::vector<std::string> arguments;  ///< of the subcommand, for example run folders
  /// The subcommand's own flags by name without dashes: values in the order given; a switch has
  /// none; absent: not given.
  std::map<std::string, std::vector<std::string>> options;
  bool dry_run = false;
  bool resume = false;
  bool overwrite = false;
  bool quiet = false;
  bool no_progress = false;
  std::string log_level = "info";
  /// --help, --version, --list, --dump-config: print this on stdout and end. Else empty.
  std::string text;
  std::vector<std::string> command_line;  ///< as given, for the manifest

  bool has_option(const std::string& name) const { return options.contains(name); }
  /// The value of an option that is given once; empty where it is not given.
  std::string option(const std::string& name) const {
    const auto found = options.find(name);
    return found == options.end() || found->second.empty() ? "" : found->second.front();
  }
};

/// Defaults, then the configuration file, then flags, then --set. \throws ConfigError on anything
/// wrong, with a hint; DataError when the configuration file cannot be read.
ParsedCommand parse_command_line(Program program, int argc, const char* const* argv);

/// Sets up log and progress as the command line says. \param process of `size`: all but the
/// first show no progress, and of the log warnings and errors only.
void setup_console(const ParsedCommand& command, int process = 0, int size = 1);

}  // namespace eida

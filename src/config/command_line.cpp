#include "eida/config/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <deque>

#include "declaration.h"
#include "eida/core/error.h"
#include "eida/core/log.h"
#include "eida/core/progress.h"
#include "eida/core/system_info.h"
#include "eida/core/utf8.h"
#include "nearest.h"
#include "subcommands.h"

namespace eida {
namespace {

using config::Declaration;

/// The CLI11 application of one program; values arrive as text and are checked by their
/// declarations.
class Parser {
 public:
  explicit Parser(ParsedCommand& command)
      : command_(command),
        options_(config::declare(command.config)),
        app_("", program_name(command.program)) {
    app_.set_help_flag();
    app_.allow_extras();
    add_call_options();
    for (const Declaration& option : options_) {
      if (!option.flag.empty() && option.belongs_to(command.program)) add_key(option);
    }
    add_subcommands();
  }

  void parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      throw ConfigError("{} (hint: --help shows the options)", error.what());
    }
    check_extras();
    note_subcommand();
  }

  /// File, flags, --set, in this order.
  void apply() {
    if (!command_.config_file.empty())
      read_config_file(command_.config_file, command_.config, command_.given);
    for (const Flag& flag : flags_) {
      if (flag.option->count() > 0)
        set_key(flag.key, flag.value, flag.name, command_.config, command_.given);
    }
    for (const std::string& assignment : assignments_) apply_assignment(assignment);
  }

  bool wants_help = false, wants_version = false, wants_dump = false;
  std::string list;

 private:
  struct Flag {
    std::string name, key, value;
    const CLI::Option* option = nullptr;
  };

  void add_call_options() {
    app_.add_option("--config", command_.config_file)->type_name("value");
    app_.add_option("--set", assignments_)->type_name("value")->allow_extra_args(false)->take_all();
    app_.add_option("--list", list)->type_name("value");
    app_.add_option("--log-level", command_.log_level)->type_name("value");
    app_.add_flag("-h,--help", wants_help);
    app_.add_flag("--version", wants_version);
    app_.add_flag("--dump-config", wants_dump);
    for (const config::Switch& option : config::switches())
      app_.add_flag(option.flag, command_.*option.field);
  }

  void add_key(const Declaration& option) {
    Flag& flag = flags_.emplace_back(Flag{option.flag, option.key, ""});
    const bool boolean = std::holds_alternative<bool*>(option.field);
    CLI::Option* added =
        boolean ? app_.add_flag(flag.name, flag.value) : app_.add_option(flag.name, flag.value);
    flag.option = added->type_name("value");
  }

  void add_subcommands() {
    for (const config::Subcommand& sub : config::subcommands()) {
      if (sub.program != command_.program) continue;
      CLI::App* app = app_.add_subcommand(sub.name);
      app->set_help_flag();
      app->fallthrough();
      app->add_option("arguments", command_.arguments);
      app->callback([this, name = sub.name] { command_.subcommand = name; });
    }
  }

  void check_extras() const {
    for (const std::string& extra : app_.remaining()) {
      if (!extra.starts_with("-"))
        throw ConfigError("'{}' is not expected (hint: --help)", printable(extra));
      const std::string name = extra.substr(0, extra.find('='));
      std::vector<std::string> names;
      for (const CLI::Option* option : app_.get_options()) names.push_back(option->get_name());
      const std::string near = config::nearest(name, names);
      throw ConfigError(
          "'{}' is not an option of {} (hint: {})", printable(name), app_.get_name(),
          near.empty() ? "--help, or --set KEY=VALUE" : fmt::format("did you mean {}?", near));
    }
  }

  void note_subcommand() const {
    for (const config::Subcommand& sub : config::subcommands()) {
      if (sub.name != command_.subcommand || sub.program != command_.program) continue;
      if (static_cast<int>(command_.arguments.size()) >= sub.least_arguments || wants_help) return;
      throw ConfigError("{}: needs at least {} arguments: {}", sub.name, sub.least_arguments,
                        sub.arguments);
    }
  }

  void apply_assignment(const std::string& assignment) {
    const size_t equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw ConfigError("--set: '{}' is not KEY=VALUE (hint: for example --set train.lr=1e-4)",
                        printable(assignment));
    }
    const std::string key = assignment.substr(0, equals);
    set_key(key, assignment.substr(equals + 1), "--set " + printable(key), command_.config,
            command_.given);
  }

  ParsedCommand& command_;
  std::vector<Declaration> options_;
  CLI::App app_;
  std::deque<Flag> flags_;  // a deque: CLI11 keeps references to the values
  std::vector<std::string> assignments_;
};

std::string version_text(Program program) {
  return fmt::format("{} {} (revision {})\n", program_name(program), version(), git_revision());
}

}  // namespace

ParsedCommand parse_command_line(Program program, int argc, const char* const* argv) {
  ParsedCommand command;
  command.program = program;
  command.command_line.assign(argv, argv + argc);
  Parser parser(command);
  parser.parse(argc, argv);
  if (parser.wants_help) command.text = help_text(program);
  if (parser.wants_version) command.text = version_text(program);
  if (!command.text.empty()) return command;
  if (!parser.list.empty()) {
    command.text = list_text(parser.list);
    return command;
  }
  parser.apply();
  resolve_defaults(command.config, command.given);
  if (parser.wants_dump) {
    command.text = dump_yaml(command.config, program, command.given);
  } else if (command.subcommand.empty()) {
    check_config(command.config, program);
  }
  return command;
}

void setup_console(const ParsedCommand& command) {
  setup_logging({.level = command.log_level, .quiet = command.quiet});
  setup_progress({.enabled = !command.quiet && !command.no_progress});
}

}  // namespace eida

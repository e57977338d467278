#include "eida/config/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>

#include "declaration.h"
#include "eida/core/error.h"
#include "eida/core/hub_cache.h"
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
    if (const auto* sub = config::find_subcommand(command_.program, command_.subcommand);
        sub != nullptr && !wants_help) {
      check_subcommand(*sub);
    }
  }

  /// File, flags, --set, in this order.
  void apply() {
    if (!command_.config_file.empty())
      read_config_file(command_.config_file, command_.config, command_.given);
    for (const Flag& flag : flags_) {
      if (flag.option->count() > 0) apply_flag(flag);
    }
    for (const std::string& assignment : assignments_) apply_assignment(assignment);
  }

  bool wants_help = false, wants_version = false, wants_dump = false;
  std::string list;

 private:
  struct Flag {
    const Declaration& declared;
    std::string value = {};
    std::vector<std::string> values = {};  ///< of a flag that may be repeated
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
    Flag& flag = flags_.emplace_back(Flag{option});
    CLI::Option* added = nullptr;
    if (option.field.type == config::Type::kFlag) {
      added = app_.add_flag(option.flag, flag.value);
    } else if (option.field.type == config::Type::kPaths) {
      added = app_.add_option(option.flag, flag.values)->allow_extra_args(false)->take_all();
    } else {
      added = app_.add_option(option.flag, flag.value);
    }
    flag.option = added->type_name("value");
  }

  void add_subcommands() {
    for (const config::Subcommand& sub : config::subcommands()) {
      if (sub.program != command_.program) continue;
      CLI::App* app = app_.add_subcommand(sub.name);
      app->set_help_flag();
      app->fallthrough();
      if (!sub.arguments.empty()) app->add_option("arguments", command_.arguments);
      for (const config::FreeOption& option : sub.options) add_option(*app, option);
      app->callback([this, name = sub.name] { command_.subcommand = name; });
    }
  }

  void add_option(CLI::App& app, const config::FreeOption& option) {
    if (option.is_switch()) {
      app.add_flag_callback(option.flag(), [this, &option] { command_.options[option.name]; });
      return;
    }
    const auto take = [this, &option](const std::vector<std::string>& values) {
      command_.options[option.name] = values;
      return true;
    };
    app.add_option(option.flag(), take)
        ->type_name("value")
        ->type_size(1)
        ->expected(1, CLI::detail::expected_max_vector_size)
        ->allow_extra_args(option.repeatable)
        ->take_all();
  }

  void check_extras() const {
    for (const std::string& extra : app_.remaining(/*recurse=*/true)) {
      if (!extra.starts_with("-"))
        throw ConfigError("'{}' is not expected (hint: --help)", printable(extra));
      const std::string name = extra.substr(0, extra.find('='));
      std::vector<std::string> names;
      for (const CLI::Option* option : app_.get_options()) names.push_back(option->get_name());
      if (const auto* sub = config::find_subcommand(command_.program, command_.subcommand)) {
        for (const auto& option : sub->options) names.push_back(option.flag());
      }
      const std::string near = config::near_flag(name, names);
      throw ConfigError(
          "'{}' is not an option of {} (hint: {})", printable(name), app_.get_name(),
          near.empty() ? "--help, or --set KEY=VALUE" : fmt::format("did you mean {}?", near));
    }
  }

  void check_subcommand(const config::Subcommand& sub) const {
    if (static_cast<int>(command_.arguments.size()) < sub.least_arguments) {
      throw ConfigError("{}: needs at least {} arguments: {}", sub.name, sub.least_arguments,
                        sub.arguments);
    }
    for (const config::FreeOption& option : sub.options) check_option(sub, option);
    for (const Flag& flag : flags_) {
      const auto uses = [&](const std::vector<std::string>& keys) {
        return std::count(keys.begin(), keys.end(), flag.declared.key) > 0;
      };
      if (flag.option->count() == 0 || uses(sub.keys) || uses(sub.needed_keys)) continue;
      refuse(flag.declared.flag, sub);
    }
    for (const config::Switch& option : config::switches()) {
      if (command_.*option.field && !config::obeys(&sub, option)) refuse(option.flag, sub);
    }
  }

  [[noreturn]] void refuse(const std::string& flag, const config::Subcommand& sub) const {
    throw ConfigError("{}: {} has no use for it (hint: {} {} --help)", flag, sub.name,
                      app_.get_name(), sub.name);
  }

  void check_option(const config::Subcommand& sub, const config::FreeOption& option) const {
    const auto found = command_.options.find(option.name);
    if (found == command_.options.end()) {
      if (!option.required) return;
      throw ConfigError("{}: {} is needed and not given (hint: {} {})", sub.name, option.flag(),
                        option.flag(), option.value_name);
    }
    if (found->second.size() > 1 && !option.repeatable)
      throw ConfigError("{}: is given {} times", option.flag(), found->second.size());
    for (const std::string& value : found->second) {
      if (value.empty()) throw ConfigError("{}: '' is empty", option.flag());
      const auto& choices = option.choices;
      if (choices.empty() || std::count(choices.begin(), choices.end(), value) > 0) continue;
      throw ConfigError("{}: '{}' is not a choice (hint: {})", option.flag(), printable(value),
                        config::choice_hint(value, choices));
    }
  }

  void apply_flag(const Flag& flag) {
    if (flag.values.empty()) {
      set_key(flag.declared.key, flag.value, flag.declared.flag, command_.config, command_.given);
      return;
    }
    config::assign(flag.declared, flag.values, {flag.declared.flag, {}});
    command_.given.insert(flag.declared.key);
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
  return fmt::format("{} {} (revision {}), {}\n", program_name(program), version(), git_revision(),
                     EIDA_WITH_MPI ? "several processes by MPI" : "built without MPI");
}

}  // namespace

ParsedCommand parse_command_line(Program program, int argc, const char* const* argv) {
  ParsedCommand command;
  command.program = program;
  command.command_line.assign(argv, argv + argc);
  Parser parser(command);
  parser.parse(argc, argv);
  if (parser.wants_help) command.text = help_text(program, command.subcommand);
  if (parser.wants_version) command.text = version_text(program);
  if (!command.text.empty()) return command;
  if (!parser.list.empty()) {
    command.text = list_text(parser.list, program);
    return command;
  }
  parser.apply();
  command.config.model.path = local_model_folder(command.config.model.path);
  resolve_defaults(command.config, command.given);
  if (parser.wants_dump) {
    command.text = dump_yaml(command.config, program, command.given);
  } else if (const auto* sub = config::find_subcommand(program, command.subcommand)) {
    check_given(command.config, sub->needed_keys);
  } else {
    check_config(command.config, program);
  }
  return command;
}

void setup_console(const ParsedCommand& command, int process, int size) {
  LogOptions log{.level = command.log_level, .quiet = command.quiet};
  if (process > 0) {
    log.prefix = fmt::format("rank {} of {}: ", process, size);
    if (log.level != "error" && log.level != "off") log.level = "warning";
  }
  setup_logging(log);
  setup_progress({.enabled = process == 0 && !command.quiet && !command.no_progress});
}

}  // namespace eida

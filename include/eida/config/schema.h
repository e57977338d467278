/// What is generated from the declarations of the options, and the reader of configuration files.
#pragma once

#include <filesystem>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "eida/config/config.h"

namespace eida {

/// Keys that a file or the command line has set, for example "train.lr".
using KeySet = std::set<std::string>;

/// Reads YAML or JSON (by content; *.json is always JSON) over `config`. Relative paths become
/// relative to the file's folder. \param given receives the keys that are set. \throws ConfigError
/// with file, line and key on an unknown key, a wrong type or value, duplicate keys, merge keys,
/// aliases, tags, several documents; DataError when not readable.
void read_config_file(const std::filesystem::path& file, Config& config, KeySet& given);

/// The same from text. \param source name for errors. \param folder for relative paths.
void read_config_text(std::string_view text, const std::string& source,
                      const std::filesystem::path& folder, Config& config, KeySet& given);

/// Sets one key as --set does. \param where begins an error message. \throws ConfigError
void set_key(const std::string& key, const std::string& value, const std::string& where,
             Config& config, KeySet& given);

/// Gives keys that nobody set the default of the task (E2E and prompts: 128 examples, …) and of
/// each other (ranks.plan given → ranks.rule plan).
void resolve_defaults(Config& config, const KeySet& given);

/// Checks that the keys have values. \throws ConfigError one of them has none
void check_given(const Config& config, const std::vector<std::string>& keys);

/// Checks that concern several keys, and that all keys `program` cannot do without are there.
/// \throws ConfigError
void check_config(const Config& config, Program program);

/// YAML of all keys of the program, and of `also`, with absolute paths: reading it gives the same
/// configuration.
std::string dump_yaml(const Config& config, Program program, const KeySet& also = {});

/// JSON Schema (draft 2020-12) of a configuration file.
nlohmann::ordered_json json_schema();

/// Text of --help. \param subcommand empty: of the program
std::string help_text(Program program, const std::string& subcommand = "");

/// Markdown of every key: what it takes, its default, flag, programs and meaning.
std::string reference_text();

/// Manual page of the program, for man.
std::string man_page(Program program);

/// Completion of the program's command line for "bash", "zsh" or "fish".
std::string completion_text(Program program, const std::string& shell);

/// Text of --list NAME: a choice a line with its meaning; or all keys, the schema, the manual page
/// … \param program whose manual page and completion are meant. \throws ConfigError lists the names
/// there are.
std::string list_text(const std::string& name, Program program = Program::kProbe);

/// Every NAME that --list takes.
std::vector<std::string> list_names();

}  // namespace eida

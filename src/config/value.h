/// Values in and out of a declared option.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "declaration.h"

namespace eida::config {

/// Where a value came from.
struct Origin {
  std::string where;  ///< begins the error message: "configs/x.yaml:12: train.lr", "--lr"
  std::filesystem::path
      folder;  ///< relative paths are relative to it; empty: the working directory
};

/// Checks type, range and choices and sets the field. \throws ConfigError "WHERE: 'fast' is not a
/// number (hint: …)"
void assign(const Declaration& option, const nlohmann::json& value, const Origin& origin);

/// The JSON value that a text on the command line stands for: what it is depends on the option's
/// type. Lists are separated by commas, with or without brackets.
nlohmann::json value_from_text(const Declaration& option, const std::string& text);

/// Defaults that tasks have in place of the option's, each with the tasks that share it: "e2e,
/// prompt".
std::vector<std::pair<std::string, nlohmann::json>> task_defaults(const Declaration& option);

/// The field's value.
nlohmann::json value_of(const Declaration& option);

}  // namespace eida::config

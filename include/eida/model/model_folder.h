/// A quick look at the folder of --model.
#pragma once

#include <filesystem>
#include <vector>

#include "eida/data/example.h"

namespace eida {

/// Before anything else of a model is read. \throws FormatError `dir` is no folder with a
/// config.json, or its model type does not fit the task
void check_model_folder(const std::filesystem::path& dir, TaskKind task);

/// Tasks that models of the folder's type can serve. \throws FormatError as above
std::vector<TaskKind> served_tasks(const std::filesystem::path& dir);

/// What config.json says of the token that ends texts; -1: nothing.
int64_t eos_token_id(const std::filesystem::path& dir);

}  // namespace eida

/// A strict subset of YAML as JSON values.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "eida/core/json.h"

namespace eida::config {

constexpr size_t kMaxConfigBytes = size_t{1} << 20;
constexpr size_t kMaxConfigDepth = 20;

/// One document of maps, lists and scalars (YAML 1.2 core schema: yes, on and 0x10 are text). An
/// empty document is null. Duplicate keys, merge keys, aliases, tags and further documents are
/// errors. \param lines line of each value by JSON pointer; of its key, where it has one. \throws
/// ConfigError "SOURCE:LINE: what"
nlohmann::json read_yaml(std::string_view text, const std::string& source, LineMap& lines);

}  // namespace eida::config

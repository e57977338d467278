#include "config_reader.h"

#include <fmt/ranges.h>

#include "eida/core/error.h"
#include "eida/core/json.h"

namespace eida {

ConfigReader::ConfigReader(const std::filesystem::path& file) : file_(file.string()) {
  JsonOptions options;
  options.max_bytes = size_t{16} << 20;
  options.code = ExitCode::kFormat;
  json_ = read_json(file, options);
  if (!json_.is_object()) throw FormatError("{}: not a JSON object", file_);
}

bool ConfigReader::has(const char* key) const {
  read_.insert(key);
  return json_.contains(key) && !json_[key].is_null();
}

const nlohmann::json& ConfigReader::value(const char* key) const {
  if (!has(key)) throw FormatError("{}: {} is missing", file_, key);
  return json_[key];
}

void ConfigReader::unsupported(const char* key, const std::string& wanted) const {
  std::string text = json_.value(key, nlohmann::json()).dump();
  if (text.size() > 200) text = text.substr(0, 200) + "…";
  throw FormatError("{}: {}: {} is not supported (wanted: {})", file_, key, text, wanted);
}

int64_t ConfigReader::integer(const char* key, int64_t low, int64_t high) const {
  const auto& json = value(key);
  const bool fits = json.is_number_unsigned() ? json.get<uint64_t>() <= static_cast<uint64_t>(high)
                                              : json.is_number_integer();
  if (!fits || json.get<int64_t>() < low || json.get<int64_t>() > high) {
    unsupported(key, fmt::format("a whole number from {} to {}", low, high));
  }
  return json.get<int64_t>();
}

int64_t ConfigReader::integer_or(const char* key, int64_t fallback, int64_t low,
                                 int64_t high) const {
  return has(key) ? integer(key, low, high) : fallback;
}

double ConfigReader::number_or(const char* key, double fallback, double low, double high) const {
  if (!has(key)) return fallback;
  const auto& json = value(key);
  if (!json.is_number() || !(json.get<double>() >= low && json.get<double>() <= high)) {
    unsupported(key, fmt::format("a number from {} to {}", low, high));
  }
  return json.get<double>();
}

bool ConfigReader::boolean_or(const char* key, bool fallback) const {
  if (!has(key)) return fallback;
  if (!value(key).is_boolean()) unsupported(key, "true or false");
  return value(key).get<bool>();
}

std::string ConfigReader::one_of(const char* key, const std::string& fallback,
                                 const std::set<std::string>& choices) const {
  if (!has(key)) return fallback;
  const auto& json = value(key);
  if (!json.is_string() || !choices.contains(json.get_ref<const std::string&>())) {
    unsupported(key, fmt::format("{}", fmt::join(choices, ", ")));
  }
  return json.get<std::string>();
}

void ConfigReader::must_be(const char* key, bool wanted) const {
  if (boolean_or(key, wanted) != wanted) unsupported(key, wanted ? "true" : "false");
}

void ConfigReader::must_be_unset(const char* key) const {
  if (!has(key)) return;
  const auto& json = value(key);
  const bool off = json.is_boolean() && !json.get<bool>();
  const bool unset = off || json == 0 || (json.is_structured() && json.empty()) ||
                     (json.is_string() && json.get_ref<const std::string&>().empty());
  if (!unset) unsupported(key, "no such key");
}

std::set<std::string> ConfigReader::unread() const {
  std::set<std::string> keys;
  for (const auto& [key, unused] : json_.items()) {
    if (!read_.contains(key)) keys.insert(key);
  }
  return keys;
}

}  // namespace eida

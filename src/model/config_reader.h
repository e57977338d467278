// One config.json, with errors that name file, key and value.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace eida {

inline constexpr int64_t kMaxSize = int64_t{1} << 24;  ///< of any number in config.json

/// Typed access to the keys; null counts as absent. Remembers which keys were asked for, so that
/// the rest can be named. Every accessor \throws FormatError when the value is of another type or
/// out of range.
class ConfigReader {
 public:
  /// \throws FormatError when the file is not a JSON object.
  explicit ConfigReader(const std::filesystem::path& file);
  /// An object inside of a file. \param name of both, for messages
  ConfigReader(std::string name, nlohmann::json object);

  const nlohmann::json& json() const { return json_; }
  const std::string& file() const { return file_; }
  bool has(const char* key) const;

  int64_t integer(const char* key, int64_t low, int64_t high) const;
  int64_t integer_or(const char* key, int64_t fallback, int64_t low, int64_t high) const;
  /// A size under the name that all families have, which counts first, as in transformers, or under
  /// the family's own.
  int64_t size(const char* own, const char* common, int64_t high) const;
  double number(const char* key, double low, double high) const;
  /// One id or several; none where it is absent or -1.
  std::vector<int64_t> token_ids(const char* key) const;
  double number_or(const char* key, double fallback, double low, double high) const;
  bool boolean_or(const char* key, bool fallback) const;
  std::string one_of(const char* key, const std::string& fallback,
                     const std::set<std::string>& choices) const;

  void must_be(const char* key, bool wanted) const;
  /// Absent, null, false, 0, or empty.
  void must_be_unset(const char* key) const;

  /// Whether the key is there and null, which for some keys is not what its absence is.
  bool is_null(const char* key) const;

  /// Keys of the file that no accessor was asked for and that might change a result.
  std::set<std::string> unknown() const;
  /// transformers ignores keys that a model type does not have, and so do we, aloud.
  void warn_unknown() const;

  [[noreturn]] void unsupported(const char* key, const std::string& wanted) const;

 private:
  const nlohmann::json& value(const char* key) const;

  std::string file_;
  nlohmann::json json_;
  mutable std::set<std::string> read_;
};

}  // namespace eida

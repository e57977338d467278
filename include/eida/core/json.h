/// Strict JSON: bounded, no duplicate keys, errors with file and line.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "eida/core/error.h"

namespace eida {

/// Line of the first character of each value. A tree as the document is, so that its size follows
/// from the document's.
class LineMap {
 public:
  /// By JSON pointer: "/train/lr"; "" is the whole document. 0: there is no such value
  int at(std::string_view pointer) const;

  /// Of a member or an item, under its part of the pointer.
  LineMap& child(const std::string& part) { return children_[part]; }
  int line = 0;

 private:
  std::map<std::string, LineMap, std::less<>> children_;
};

struct JsonOptions {
  size_t max_bytes = size_t{256} << 20;
  size_t max_depth = 100;
  ExitCode code = ExitCode::kData;  ///< which error class a fault is
  LineMap* lines = nullptr;         ///< filled when set; a member has the line of its key
};

/// A key as one part of a JSON pointer (RFC 6901): ~ and / escaped.
std::string escape_json_pointer(std::string_view key);

/// Throws the class that belongs to `code`: ConfigError, DataError, FormatError, NumericError, else
/// Error.
[[noreturn]] void throw_error(ExitCode code, const std::string& message);

/// \param source file name for errors: "SOURCE:LINE: what". \throws Error of `options.code` on
/// anything that is not one JSON value in UTF-8, duplicate keys, more depth or bytes than allowed,
/// numbers out of range.
nlohmann::json parse_json(std::string_view text, const std::string& source,
                          const JsonOptions& options = {});

/// parse_json() of a file. \throws DataError when it cannot be read, else as parse_json().
nlohmann::json read_json(const std::filesystem::path& path, const JsonOptions& options = {});

/// The number; null where it is not finite, which JSON cannot say.
nlohmann::ordered_json number_or_null(double value);

/// NaN for null, else the number. \throws nlohmann's exception where it is neither
template <typename Json>
double number_or_nan(const Json& value) {
  return value.is_null() ? std::numeric_limits<double>::quiet_NaN() : value.template get<double>();
}

/// Text of a JSON file: indented by two, bytes that are not UTF-8 replaced, a line end at the end.
std::string json_text(const nlohmann::ordered_json& value);

}  // namespace eida

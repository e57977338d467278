/// Set-up of the log. Library code logs through spdlog's default logger (spdlog::info(…)) and never
/// prints.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace eida {

struct LogOptions {
  std::string level = "info";  ///< one of log_levels()
  std::string prefix = {};     ///< of every message, for example "rank 1 of 2: "
  bool quiet = false;  ///< only errors on stderr; the file still gets every line of the level
};

/// Names that LogOptions::level takes: trace, debug, info, warning, error, off.
const std::vector<std::string>& log_levels();

/// Log lines to stderr, "10:58:30 info: message", in colour on a terminal unless NO_COLOR is set;
/// they go above a progress line. May be called again. \throws ConfigError on an unknown level.
void setup_logging(const LogOptions& options);

/// From here on every log line is also a JSON line {"time","level","message"} appended to `file`;
/// lines logged since setup_logging() (at most 1,000) come first. \throws DataError when the file
/// cannot be opened.
void attach_log_file(const std::filesystem::path& file);

/// Closes the file; later lines are kept for the next one.
void detach_log_file();

/// Warns once in the life of the program: later warnings of the same `reason` are debug lines. For
/// what is missing on the machine and would be said again after every round.
void warn_once(const std::string& reason, const std::string& message);

}  // namespace eida

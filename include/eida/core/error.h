/// Error classes; each has one exit code of the command-line contract.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace eida {

/// Exit codes of the three programs.
enum class ExitCode : int {
  kDone = 0,
  kInternal = 1,
  kConfig = 2,       ///< command line or configuration
  kData = 3,         ///< data or any other file
  kFormat = 4,       ///< model or adapter format
  kNumeric = 5,      ///< not finite, parity missed
  kInterrupt = 130,  ///< SIGINT, state saved
  kTerminate = 143,  ///< SIGTERM, state saved
};

/// Base of everything the library throws on purpose. The message says what, which (file, line, key,
/// tensor), got, wanted, and ends in a hint where there is one: "(hint: …)".
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

/// An error of one exit code, whose message is formatted.
template <ExitCode kCode>
class CodedError : public Error {
 public:
  template <typename... Args>
  explicit CodedError(fmt::format_string<Args...> format, Args&&... args)
      : Error(kCode, fmt::format(format, std::forward<Args>(args)...)) {}
};

using ConfigError = CodedError<ExitCode::kConfig>;    ///< command line or configuration
using DataError = CodedError<ExitCode::kData>;        ///< data file, run folder, disk
using FormatError = CodedError<ExitCode::kFormat>;    ///< model folder, tokenizer or adapter file
using NumericError = CodedError<ExitCode::kNumeric>;  ///< not finite, or a parity check missed

/// SIGINT or SIGTERM was received and honoured: exit 130 or 143.
class Interrupted : public Error {
 public:
  explicit Interrupted(ExitCode code) : Error(code, "interrupted") {}
};

}  // namespace eida

/// The body of every main(): runs a program and turns an error into one line and an exit code.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>

namespace eida {

/// Message of an exception class that core does not know (c10::Error without its backtrace);
/// nullopt: it does not know it either.
using DescribeError = std::function<std::optional<std::string>(const std::exception&)>;

/// What one of several processes does besides printing its error.
struct FailureHooks {
  std::function<std::string(int code)> before_line = {};  ///< text that begins the line
  std::function<void(int code)> after_line = {};          ///< may end the process
};

/// Installs the signal handlers, runs `body` and returns its result; flushes stdout. An exception,
/// or a mapped file that is cut short (exit code 3, at once), becomes one line "PROGRAM: message"
/// on stderr, goes into the run folder's INCOMPLETE file, and its exit code is returned: Error's
/// own, 3 for file-system errors, 1 for the rest.
int run_main(const char* program, const std::function<int()>& body,
             const DescribeError& describe = {}, const FailureHooks& hooks = {});

}  // namespace eida

/// What every main() is: run, and turn whatever goes wrong into one line and an exit code.
#pragma once

#include <exception>
#include <functional>
#include <optional>
#include <string>

namespace eida {

/// Message of an exception class that core does not know (c10::Error without its backtrace);
/// nullopt: not mine.
using DescribeError = std::function<std::optional<std::string>(const std::exception&)>;

/// What a process among several does beside saying what went wrong.
struct FailureHooks {
  std::function<std::string(int code)> before_line = {};  ///< gives the line its start
  std::function<void(int code)> after_line = {};          ///< may end the process
};

/// Installs the signal handlers, runs `body` and returns its result; flushes stdout. An exception
/// becomes one line "PROGRAM: message" on stderr, goes into the run folder's INCOMPLETE file, and
/// its exit code is returned: Error's own, 3 for file-system errors, 1 for the rest.
int run_main(const char* program, const std::function<int()>& body,
             const DescribeError& describe = {}, const FailureHooks& hooks = {});

}  // namespace eida

#include "eida/core/run_main.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

#include "eida/core/error.h"
#include "eida/core/run_folder.h"
#include "eida/core/signals.h"
#include "eida/core/utf8.h"
#include "terminal.h"

namespace eida {
namespace {

struct Failure {
  ExitCode code;
  std::string message;
};

/// One line, fit for a terminal.
std::string one_line(std::string message) {
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  std::replace(message.begin(), message.end(), '\n', ' ');
  std::replace(message.begin(), message.end(), '\t', ' ');
  return printable(message, 4000);
}

/// Call it in a catch block.
Failure describe_current(const DescribeError& describe) {
  try {
    throw;
  } catch (const Error& error) {
    return {error.code(), error.what()};
  } catch (const std::filesystem::filesystem_error& error) {
    std::string paths = error.path1().string();
    if (!error.path2().empty()) paths += " and " + error.path2().string();
    return {ExitCode::kData, paths + ": " + error.code().message()};
  } catch (const std::bad_alloc&) {
    return {ExitCode::kInternal,
            "out of memory (hint: fewer --threads, a smaller batch or sample)"};
  } catch (const std::exception& error) {
    const auto own = describe ? describe(error) : std::nullopt;
    return {ExitCode::kInternal, "internal fault: " + own.value_or(error.what())};
  } catch (...) {
    return {ExitCode::kInternal, "internal fault: an exception that is no std::exception"};
  }
}

/// Results that did not reach their file are not results.
void flush_stdout() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return;
  throw DataError("standard output: cannot write: {}", std::generic_category().message(errno));
}

}  // namespace

int run_main(const char* program, const std::function<int()>& body, const DescribeError& describe,
             const FailureHooks& hooks) {
  install_signal_handlers();
  try {
    const int result = body();
    flush_stdout();
    return result;
  } catch (...) {
    const Failure failure = describe_current(describe);
    const int code = static_cast<int>(failure.code);
    std::string line = one_line(failure.message);
    if (hooks.before_line) line = hooks.before_line(code) + line;
    terminal::clear_status();
    terminal::write_line(std::string(program) + ": " + line);
    note_run_failure(line);
    if (hooks.after_line) hooks.after_line(code);
    return code;
  }
}

}  // namespace eida

#include "eida/core/run_main.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <new>
#include <string_view>
#include <system_error>

#include "eida/core/error.h"
#include "eida/core/files.h"
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
    const auto* system = dynamic_cast<const std::system_error*>(&error);
    if (system != nullptr && std::ferror(stdout) != 0)  // fmt's, of more than the buffer takes
      return {ExitCode::kData, "standard output: cannot write: " + system->code().message()};
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

/// What a failure leads to: one line, and the run folder's note. \return the exit code
int report(const char* program, const Failure& failure, const FailureHooks& hooks) {
  const int code = static_cast<int>(failure.code);
  std::string line = one_line(failure.message);
  if (hooks.before_line) line = hooks.before_line(code) + line;
  terminal::clear_status();
  terminal::write_line(std::string(program) + ": " + line);
  note_run_failure(line);
  if (hooks.after_line) hooks.after_line(code);
  return code;
}

const char* running_program = nullptr;
const FailureHooks* running_hooks = nullptr;

/// A page of a mapped file has nothing behind it. The signal comes out of the very read, in code
/// that holds no lock, so what follows may call more than async-signal-safe functions.
void on_bus_error(int signal, siginfo_t* info, void* /*context*/) {
  static std::atomic_flag first = ATOMIC_FLAG_INIT;
  const std::string file = mapped_file_at(info->si_addr);
  if (file.empty()) {
    std::signal(signal, SIG_DFL);  // no fault of a file: the read comes again and ends the process
    return;
  }
  while (first.test_and_set()) ::pause();  // another thread says it
  std::_Exit(report(
      running_program,
      {ExitCode::kData, file + ": was cut short while it was read, or its disk fails (hint: put it "
                               "back and --resume, or --overwrite)"},
      *running_hooks));
}

void install_bus_error_handler() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGBUS, &action, nullptr);
}

/// Where the caller closed a standard stream, the next file would get its number, and what is
/// printed would land in that file. /dev/null opened for reading refuses it, as a closed one does.
void fill_standard_streams() {
  for (int fd = ::open("/dev/null", O_RDONLY); fd >= 0; fd = ::dup(fd)) {
    if (fd <= STDERR_FILENO) continue;
    ::close(fd);
    return;
  }
}

/// What no thread catches, or leaves where nothing may: one line and exit 1 as well.
[[noreturn]] void end_at_once() {
  static std::atomic<bool> ending = false;
  if (ending.exchange(true)) std::abort();
  const Failure failure = std::current_exception() == nullptr
                              ? Failure{ExitCode::kInternal, "internal fault: it was terminated"}
                              : describe_current({});
  std::_Exit(report(running_program, failure, *running_hooks));
}

}  // namespace

int run_main(const char* program, const std::function<int()>& body, const DescribeError& describe,
             const FailureHooks& hooks) {
  fill_standard_streams();
  install_signal_handlers();
  running_program = program;
  running_hooks = &hooks;
  install_bus_error_handler();
  std::set_terminate(end_at_once);
  try {
    const int result = body();
    flush_stdout();
    return result;
  } catch (...) {
    return report(program, describe_current(describe), hooks);
  }
}

}  // namespace eida

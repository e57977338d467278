/// Runs one of the programs as a user would.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "eida/core/files.h"

namespace eida::testing {

struct ProgramResult {
  int code = -1;  ///< exit code; 128 + N when a signal ended it
  std::string out, err;
};

/// A started program. stdout and stderr go to files in `scratch`.
class RunningProgram {
 public:
  RunningProgram(const std::filesystem::path& scratch, std::vector<std::string> arguments)
      : out_(scratch / "stdout"), err_(scratch / "stderr") {
    std::vector<char*> argv;
    for (auto& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    child_ = ::fork();
    if (child_ != 0) return;
    redirect(out_, STDOUT_FILENO);
    redirect(err_, STDERR_FILENO);
    ::execvp(argv.front(), argv.data());
    ::_exit(127);
  }

  void send(int signal) const { ::kill(child_, signal); }

  ProgramResult wait() const {
    int status = 0;
    ::waitpid(child_, &status, 0);
    ProgramResult result;
    result.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.out = read_file(out_);
    result.err = read_file(err_);
    return result;
  }

 private:
  static void redirect(const std::filesystem::path& file, int descriptor) {
    const int opened = ::open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
    if (opened < 0 || ::dup2(opened, descriptor) < 0) ::_exit(126);
  }

  std::filesystem::path out_, err_;
  pid_t child_ = -1;
};

inline ProgramResult run_program(const std::filesystem::path& scratch,
                                 std::vector<std::string> arguments) {
  return RunningProgram(scratch, std::move(arguments)).wait();
}

/// The first number behind `mark` in what a program said. \return -1 where there is none
inline double number_after(const std::string& text, const std::string& mark) {
  const size_t found = text.find(mark);
  const size_t digits =
      found == std::string::npos ? found : text.find_first_of("0123456789", found);
  return digits == std::string::npos ? -1.0 : std::stod(text.substr(digits));
}

/// Waits until `path` exists. \return false after 60 seconds without it
inline bool wait_for(const std::filesystem::path& path) {
  for (int i = 0; i < 6000 && !std::filesystem::exists(path); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return std::filesystem::exists(path);
}

}  // namespace eida::testing

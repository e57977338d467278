#include "gnuplot.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <vector>

extern char** environ;

namespace eida {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kTimeLimit = std::chrono::seconds(60);
constexpr size_t kMostOutput = 2048;

/// A pipe whose ends close with the scope.
struct Pipe {
  int ends[2] = {-1, -1};
  Pipe() {
    if (::pipe2(ends, O_CLOEXEC) != 0) ends[0] = ends[1] = -1;
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  void close_end(int i) {
    if (ends[i] >= 0) ::close(ends[i]);
    ends[i] = -1;
  }
};

/// Starts gnuplot with both outputs on `output`. \return 0 or errno.
int spawn_gnuplot(std::vector<std::string> arguments, int output, pid_t& child) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  const int error = ::posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

/// Reads until the child closes the pipe. \return false when the time limit came first.
bool drain(int input, std::string& text) {
  const auto deadline = Clock::now() + kTimeLimit;
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    pollfd waiting{input, POLLIN, 0};
    const int ready = ::poll(&waiting, 1, static_cast<int>(std::max<int64_t>(left.count(), 0)));
    if (ready == 0) return false;
    if (ready < 0 && errno == EINTR) continue;
    char buffer[4096];
    const ssize_t count = ready < 0 ? -1 : ::read(input, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return true;
    text.append(buffer, std::min(static_cast<size_t>(count),
                                 kMostOutput - std::min(text.size(), kMostOutput)));
  }
}

int wait_for(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

GnuplotRun run(std::vector<std::string> arguments) {
  Pipe pipe;
  if (pipe.ends[0] < 0) return {false, std::strerror(errno)};
  pid_t child = 0;
  if (const int error = spawn_gnuplot(std::move(arguments), pipe.ends[1], child); error != 0) {
    return {false, fmt::format("gnuplot cannot be started: {} (hint: apt install gnuplot)",
                               std::strerror(error))};
  }
  pipe.close_end(1);
  GnuplotRun result;
  const bool in_time = drain(pipe.ends[0], result.message);
  if (!in_time) ::kill(child, SIGKILL);
  const int status = wait_for(child);
  result.ok = in_time && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!in_time) result.message = "gnuplot did not end within 60 s";
  return result;
}

}  // namespace

std::string gnuplot_string(std::string_view text) {
  constexpr std::string_view kPlain = " ,.()_=+-/:";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain =
        byte >= 0x80 || std::isalnum(byte) != 0 || kPlain.find(c) != std::string_view::npos;
    const bool control = byte < 0x20 || byte == 0x7F;
    quoted += control ? " " : plain ? std::string(1, c) : fmt::format("\\{:03o}", byte);
  }
  return quoted + "\"";
}

GnuplotRun run_gnuplot(const std::filesystem::path& script) {
  return run({"gnuplot", "-d", script.string()});
}

GnuplotRun probe_gnuplot() { return run({"gnuplot", "--version"}); }

}  // namespace eida

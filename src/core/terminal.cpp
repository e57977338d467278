#include "terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <mutex>

#include "eida/core/system_info.h"

namespace eida::terminal {
namespace {

constexpr std::string_view kEraseLine = "\r\x1b[K";

struct State {
  std::mutex mutex;
  std::string status;
};

State& state() {
  static auto* kept = new State;  // never destroyed: threads may log while the process ends
  return *kept;
}

/// Nothing can be done where stderr itself fails, so errors end the attempt silently.
void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDERR_FILENO, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

}  // namespace

bool is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

bool has_colour() { return is_terminal() && environment("NO_COLOR").empty(); }

int columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

void write_line(std::string_view line) {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  std::fflush(stdout);  // where both go to one file, results come before what is said about them
  std::string bytes;
  if (!s.status.empty()) bytes += kEraseLine;
  bytes += line;
  bytes += '\n';
  bytes += s.status;
  write_all(bytes);
}

void set_status(std::string_view text) {
  if (!is_terminal()) return;
  State& s = state();
  const std::lock_guard lock(s.mutex);
  s.status = text;
  write_all(std::string(kEraseLine) + s.status);
}

void clear_status() {
  State& s = state();
  const std::lock_guard lock(s.mutex);
  if (s.status.empty()) return;
  s.status.clear();
  write_all(kEraseLine);
}

}  // namespace eida::terminal

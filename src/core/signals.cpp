#include "eida/core/signals.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <string_view>

#include "eida/core/error.h"

namespace eida {
namespace {

std::atomic<int> received{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not lock");

/// Only async-signal-safe calls in here.
void on_signal(int signal) {
  const int kept_errno = errno;
  if (received.exchange(signal) != 0) {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
    return;
  }
  if (::isatty(STDERR_FILENO) == 1) {
    constexpr std::string_view kNotice =
        "\r\x1b[Kstopping after this step; once more stops at once\n";
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kNotice.data(), kNotice.size());
  }
  errno = kept_errno;
}

}  // namespace

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
}

int received_signal() { return received.load(std::memory_order_relaxed); }

bool interrupted() { return received_signal() != 0; }

void stop_for(int signal) {
  if (signal == 0) return;
  throw Interrupted(signal == SIGTERM ? ExitCode::kTerminate : ExitCode::kInterrupt);
}

void check_interrupted() { stop_for(received_signal()); }

void clear_interrupted() { received = 0; }

}  // namespace eida

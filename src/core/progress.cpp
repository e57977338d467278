#include "eida/core/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <mutex>
#include <utility>

#include "eida/core/utf8.h"
#include "terminal.h"

namespace eida {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kRefreshSeconds = 0.1;

std::mutex options_mutex;
ProgressOptions options_in_use;
std::atomic<bool> bar_alive{false};

ProgressOptions current_options() {
  const std::lock_guard lock(options_mutex);
  return options_in_use;
}

std::string format_rate(double rate) {
  if (rate >= 100) return fmt::format("{:.0f}/s", rate);
  if (rate >= 0.1) return fmt::format("{:.1f}/s", rate);
  return fmt::format("{:.1f}/h", rate * 3600);
}

}  // namespace

struct Progress::State {
  std::string label, unit;
  int64_t total = 0;
  std::atomic<int64_t> done{0};
  bool shown = false, terminal = false;
  Clock::time_point start = Clock::now();
  std::mutex mutex;  ///< guards next_draw and note
  std::string note;
  double next_draw = 0.0;
  double between = 0.0;

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start).count(); }

  std::string line(double now, int width) const {
    const std::string tail = note.empty() ? "" : ", " + note;
    const std::string line = format_progress(label, done.load(), total, unit, now) + tail;
    return width > 0 ? printable(line, static_cast<size_t>(width) - 1) : line;
  }

  /// Draws when it is time; a thread that finds another one drawing goes on.
  void draw_when_due() {
    const std::unique_lock lock(mutex, std::try_to_lock);
    if (!lock.owns_lock()) return;
    const double now = seconds();
    if (now < next_draw) return;
    next_draw = now + between;
    terminal ? terminal::set_status(line(now, terminal::columns() - 1))
             : terminal::write_line(line(now, 0));
  }

  void finish() {
    const double now = seconds();
    const int64_t n = done.load();
    if (terminal) terminal::clear_status();
    if (total > 0 && n == 0) return;  // nothing was begun: what stopped it speaks for itself
    const bool complete = total <= 0 || n >= total;
    const std::string count = total > 0 ? fmt::format("{}/{}", n, total) : fmt::format("{}", n);
    terminal::write_line(fmt::format("{}: {} {} {} {}, {}{}", label, count, unit,
                                     complete ? "in" : "stopped after", format_duration(now),
                                     format_rate(static_cast<double>(n) / std::max(now, 1e-9)),
                                     note.empty() ? "" : ", " + note));
  }
};

void setup_progress(const ProgressOptions& options) {
  const std::lock_guard lock(options_mutex);
  options_in_use = options;
}

Progress::Progress(std::string label, int64_t total, std::string unit)
    : state_(std::make_unique<State>()) {
  const ProgressOptions options = current_options();
  State& s = *state_;
  s.label = std::move(label);
  s.unit = std::move(unit);
  s.total = total;
  s.shown = options.enabled && !bar_alive.exchange(true);
  s.terminal = terminal::is_terminal();
  s.between = s.terminal ? kRefreshSeconds : options.seconds_between;
  s.next_draw = s.terminal ? 0.0 : options.seconds_between;
}

Progress::~Progress() {
  if (!state_->shown) return;
  state_->finish();
  bar_alive = false;
}

void Progress::advance(int64_t steps) {
  state_->done += steps;
  if (state_->shown) state_->draw_when_due();
}

void Progress::set_note(std::string note) {
  const std::lock_guard lock(state_->mutex);
  state_->note = std::move(note);
}

std::string format_progress(std::string_view label, int64_t done, int64_t total,
                            std::string_view unit, double seconds) {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0.0;
  std::string line = fmt::format("{}: {}", label, done);
  if (total > 0) line += fmt::format("/{}", total);
  line += fmt::format(" {}", unit);
  if (total > 0)
    line +=
        fmt::format(" ({:.0f} %)", 100.0 * static_cast<double>(done) / static_cast<double>(total));
  if (rate > 0) line += fmt::format(", {}", format_rate(rate));
  if (rate > 0 && total > done) {
    line += fmt::format(", {} left", format_duration(static_cast<double>(total - done) / rate));
  }
  return line;
}

std::string format_duration(double seconds) {
  const auto s = static_cast<int64_t>(std::llround(std::clamp(seconds, 0.0, 1e12)));
  const int64_t hours = s / 3600;
  if (hours >= 24) return fmt::format("{} d {:02}:{:02}", hours / 24, hours % 24, s / 60 % 60);
  if (hours > 0) return fmt::format("{}:{:02}:{:02}", hours, s / 60 % 60, s % 60);
  return fmt::format("{}:{:02}", s / 60, s % 60);
}

}  // namespace eida

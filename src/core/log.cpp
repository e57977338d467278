#include "eida/core/log.h"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "eida/core/utf8.h"
#include "file_descriptor.h"
#include "terminal.h"

namespace eida {
namespace {

constexpr size_t kBacklog = 1000;

std::string_view colour_of(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return "\x1b[31m";
  if (level == spdlog::level::warn) return "\x1b[33m";
  return level == spdlog::level::info ? "\x1b[32m" : "\x1b[36m";
}

/// Text of files gets into messages: nothing in it may steer a terminal.
std::string without_controls(std::string_view line) {
  std::string safe(line);
  for (char& c : safe) {
    const bool control = (c >= 0 && c < ' ' && c != '\n' && c != '\t') || c == '\x7f';
    if (control) c = '?';
  }
  return safe;
}

/// Lines on stderr, above the progress line.
class TerminalSink : public spdlog::sinks::base_sink<std::mutex> {
 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t formatted;
    formatter_->format(message, formatted);
    std::string line = without_controls({formatted.data(), formatted.size()});
    while (!line.empty() && line.back() == '\n') line.pop_back();
    const size_t begin = std::min(message.color_range_start, line.size());
    const size_t end = std::min(message.color_range_end, line.size());
    if (end <= begin || !terminal::has_colour()) return terminal::write_line(line);
    const std::string_view text = line;
    terminal::write_line(fmt::format("{}{}{}\x1b[0m{}", text.substr(0, begin),
                                     colour_of(message.level), text.substr(begin, end - begin),
                                     text.substr(end)));
  }
  void flush_() override {}
};

/// JSON lines, each one write() to a file opened for appending; kept in memory until there is one.
class JsonLinesSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void attach(const std::filesystem::path& file) {
    const std::lock_guard lock(mutex_);
    file_ = open_for_append(file);
    path_ = file;
    for (const std::string& line : backlog_) write_all(file_, line, file);
    backlog_.clear();
  }

  void detach() {
    const std::lock_guard lock(mutex_);
    file_.reset();
  }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const auto level = spdlog::level::to_string_view(message.level);
    const nlohmann::ordered_json line = {
        {"time", utc_iso(message.time)},
        {"level", std::string(level.begin(), level.end())},
        {"message", std::string(message.payload.begin(), message.payload.end())}};
    std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    if (file_.valid()) return write_all(file_, text, path_);
    if (backlog_.size() < kBacklog) backlog_.push_back(std::move(text));
  }
  void flush_() override {}

 private:
  FileDescriptor file_;
  std::filesystem::path path_;
  std::vector<std::string> backlog_;
};

std::shared_ptr<JsonLinesSink>& json_sink() {
  static auto sink = std::make_shared<JsonLinesSink>();
  return sink;
}

/// A log that cannot be written (disk full) must not stop a run: one line on stderr, once.
void report_log_failure(const std::string& message) {
  static std::once_flag once;
  std::call_once(once, [&] { terminal::write_line("log lines are lost: " + message); });
}

}  // namespace

const std::vector<std::string>& log_levels() {
  static const std::vector<std::string> names = {"trace",   "debug", "info",
                                                 "warning", "error", "off"};
  return names;
}

void setup_logging(const LogOptions& options) {
  const auto& names = log_levels();
  if (std::find(names.begin(), names.end(), options.level) == names.end()) {
    throw ConfigError("log level '{}' is unknown (hint: one of {})", options.level,
                      fmt::join(names, ", "));
  }
  auto lines = std::make_shared<TerminalSink>();
  lines->set_level(options.quiet ? spdlog::level::err : spdlog::level::trace);
  const std::vector<spdlog::sink_ptr> sinks = {lines, json_sink()};
  auto logger = std::make_shared<spdlog::logger>("eida", sinks.begin(), sinks.end());
  std::string prefix = options.prefix;
  replace_all(prefix, "%", "%%");
  logger->set_pattern("%H:%M:%S %^%l%$: " + prefix + "%v");
  logger->set_level(spdlog::level::from_str(options.level));
  logger->set_error_handler(report_log_failure);
  spdlog::set_default_logger(std::move(logger));
}

void attach_log_file(const std::filesystem::path& file) { json_sink()->attach(file); }

void detach_log_file() { json_sink()->detach(); }

void warn_once(const std::string& reason, const std::string& message) {
  static std::mutex mutex;
  static std::set<std::string> said;
  const std::lock_guard<std::mutex> lock(mutex);
  spdlog::log(said.insert(reason).second ? spdlog::level::warn : spdlog::level::debug, "{}",
              message);
}

}  // namespace eida

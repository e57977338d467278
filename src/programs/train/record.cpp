#include "record.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <nlohmann/json.hpp>
#include <system_error>

#include "eida/core/error.h"
#include "eida/core/json.h"

namespace eida {
namespace fs = std::filesystem;
namespace {

/// A folder of ours beside `dir`, with a name that nobody else gives: ".NAME.eida-WHAT".
fs::path beside(const fs::path& dir, const char* what) {
  return dir.parent_path() / fmt::format(".{}.eida-{}", dir.filename().string(), what);
}

/// Puts `made` in the place of `dir`.
void swap_in(const fs::path& made, const fs::path& dir) {
  const fs::path old = beside(dir, "old");
  fs::remove_all(old);
  if (fs::exists(dir)) fs::rename(dir, old);
  fs::rename(made, dir);
  fs::remove_all(old);
}

}  // namespace

MetricsLog::MetricsLog(fs::path file, int64_t keep) : file_(std::move(file)), bytes_(keep) {
  const auto size = fs::exists(file_) ? static_cast<int64_t>(fs::file_size(file_)) : 0;
  if (size < keep) {
    throw DataError("{}: has {} bytes, the saved state knows {} (hint: --overwrite starts afresh)",
                    file_.string(), size, keep);
  }
  if (size > keep) fs::resize_file(file_, static_cast<uintmax_t>(keep));
  stream_.open(file_, std::ios::binary | std::ios::app);
  if (!stream_) throw DataError("{}: cannot be written", file_.string());
}

void MetricsLog::write(const nlohmann::ordered_json& line) {
  const std::string text = line.dump() + "\n";
  stream_ << text << std::flush;
  if (!stream_) throw DataError("{}: cannot be written (hint: is the disk full?)", file_.string());
  bytes_ += static_cast<int64_t>(text.size());
}

void save_model_folder(const PretrainedModel& model, const fs::path& tokenizer_source,
                       const fs::path& dir) {
  const fs::path made = beside(dir, "partial");
  fs::remove_all(made);
  save_pretrained(model, made, tokenizer_source);
  swap_in(made, dir);
}

void link_folder(const fs::path& from, const fs::path& to) {
  const fs::path made = beside(to, "partial");
  fs::remove_all(made);
  fs::create_directories(made);
  for (const auto& entry : fs::directory_iterator(from)) {
    std::error_code fault;
    fs::create_hard_link(entry.path(), made / entry.path().filename(), fault);
    if (fault) fs::copy_file(entry.path(), made / entry.path().filename());
  }
  swap_in(made, to);
}

std::string round_file(int64_t round, const char* name) {
  return fmt::format("rounds/{:02}/{}", round, name);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace eida

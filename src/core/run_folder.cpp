#include "eida/core/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "file_descriptor.h"

namespace eida {
namespace fs = std::filesystem;
namespace {

constexpr const char* kMarker = "INCOMPLETE";
constexpr const char* kManifest = "manifest.json";
constexpr const char* kConfig = "config.yaml";
constexpr const char* kLog = "log.jsonl";  // grows behind the run's end
constexpr std::string_view kMarkerHead = "This EIDA run is not complete: ";

/// Folder of the run that goes on, or that an exception has ended, for note_run_failure().
fs::path& running_folder() {
  static fs::path path;
  return path;
}

void write_marker(const fs::path& folder, std::string_view reason) {
  write_file_atomic(folder / kMarker, std::string(kMarkerHead) + std::string(reason) + "\n");
}

/// Only folders that this class made may be emptied or resumed: they hold our marker or our
/// manifest.
bool is_run_folder(const fs::path& folder) {
  try {
    if (fs::exists(folder / kMarker))
      return read_file(folder / kMarker, 1 << 20).starts_with(kMarkerHead);
    if (!fs::exists(folder / kManifest)) return false;
    const auto manifest = read_json(folder / kManifest);
    const auto program =
        manifest.is_object() ? manifest.value("program", nlohmann::json()) : nlohmann::json();
    return program.is_string() && program.get<std::string>().starts_with("eida-");
  } catch (const DataError&) {
    return false;
  }
}

/// A file that was being written when its program was killed.
bool is_half_file(const fs::path& file) {
  const std::string name = file.filename().string();
  return name.starts_with('.') && name.ends_with(".tmp");
}

/// The folder holds nothing but a marker that was being written.
bool is_unused(const fs::path& folder) {
  const fs::directory_iterator entries(folder);
  return std::all_of(fs::begin(entries), fs::end(entries), [](const fs::directory_entry& entry) {
    return is_half_file(entry.path()) &&
           entry.path().filename().string().starts_with(std::string(".") + kMarker);
  });
}

void remove_half_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_half_file(entry.path())) files.push_back(entry.path());
  }
  for (const fs::path& file : files) fs::remove(file);
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  const fs::path relative =
      fs::weakly_canonical(file).lexically_relative(fs::weakly_canonical(folder));
  return !relative.empty() && *relative.begin() != "..";
}

void check_may_empty(const fs::path& folder, const RunFolderOptions& options) {
  if (lies_in(fs::current_path(), folder)) {
    throw ConfigError("--overwrite: {} holds the working directory", folder.string());
  }
  for (const fs::path& input : options.inputs) {
    if (lies_in(input, folder)) {
      throw ConfigError(
          "--overwrite: {} would be deleted with {}, and the run reads it (hint: choose another "
          "--output)",
          input.string(), folder.string());
    }
  }
}

/// True when there is something in the folder and the options allow it to be there.
bool check_folder(const fs::path& folder, const RunFolderOptions& options) {
  if (folder.empty()) throw ConfigError("the run folder has no name (hint: --output DIR)");
  if (options.overwrite && options.resume) {
    throw ConfigError(
        "--overwrite and --resume exclude each other (hint: the one empties the folder, the other "
        "goes on in it)");
  }
  const fs::file_status status = fs::status(folder);
  if (!fs::exists(status)) return false;
  if (!fs::is_directory(status))
    throw ConfigError("{}: is there and is not a folder", folder.string());
  if (is_unused(folder)) return false;
  if (!options.overwrite && !options.resume) {
    throw ConfigError(
        "{}: is there and is not empty (hint: --overwrite, --resume or another --output)",
        folder.string());
  }
  if (!is_run_folder(folder)) {
    throw ConfigError(
        "{}: is not a folder of an EIDA run, so it is left alone (hint: choose another --output or "
        "delete it yourself)",
        folder.string());
  }
  if (options.overwrite) check_may_empty(folder, options);
  return true;
}

FileDescriptor lock_folder(const fs::path& folder) {
  FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid()) throw_errno(folder, "cannot open the run folder", errno);
  if (::flock(directory.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw ConfigError("{}: another process works in this run folder", folder.string());
  }
  return directory;
}

/// Nothing is written beside a run whose folder was removed, moved or replaced. \throws DataError
void check_same_folder(const FileDescriptor& locked, const fs::path& folder) {
  struct stat was {};
  struct stat is {};
  if (::fstat(locked.get(), &was) == 0 && ::stat(folder.c_str(), &is) == 0 &&
      was.st_dev == is.st_dev && was.st_ino == is.st_ino)
    return;
  throw DataError("{}: the run folder was removed, moved or replaced while the run was in it",
                  folder.string());
}

/// The marker is there and the manifest gone before anything else changes. The configuration goes
/// last: while anything of the earlier run is there, it says which run that was.
void empty_folder(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename() != kMarker && entry.path().filename() != kConfig)
      fs::remove_all(entry.path());
  }
  fs::remove(folder / kConfig);
}

}  // namespace

struct RunFolder::State {
  fs::path path;
  FileDescriptor lock;
  int exceptions = std::uncaught_exceptions();
};

void RunFolder::check(const fs::path& path, const RunFolderOptions& options) {
  check_folder(path, options);
}

RunFolder::RunFolder(fs::path path, const RunFolderOptions& options)
    : state_(std::make_unique<State>()) {
  State& s = *state_;
  s.path = std::move(path);
  check_folder(s.path, options);
  make_folder(s.path);
  s.lock = lock_folder(s.path);
  const bool used = check_folder(s.path, options);  // again, now that nobody else can change it
  remove_half_files(s.path);
  write_marker(s.path, fmt::format("started {} by process {}", utc_iso(), ::getpid()));
  fs::remove(s.path / kManifest);
  if (used && options.overwrite) empty_folder(s.path);
  running_folder() = s.path;
}

RunFolder::~RunFolder() {
  if (std::uncaught_exceptions() == state_->exceptions) running_folder().clear();
}

const fs::path& RunFolder::path() const { return state_->path; }

fs::path RunFolder::file(std::string_view name) const {
  check_same_folder(state_->lock, state_->path);
  fs::path file = state_->path / name;
  make_folder(file.parent_path());
  return file;
}

void RunFolder::finish(Manifest manifest) {
  manifest.check_inputs();
  check_same_folder(state_->lock, state_->path);
  for (const auto& entry : fs::directory_iterator(state_->path)) {
    const std::string name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == kMarker || name == kLog) continue;
    manifest.outputs.push_back(describe_input(entry.path()));
    manifest.outputs.back().path = name;
  }
  std::ranges::sort(manifest.outputs, {}, &InputFile::path);
  write_file_atomic(state_->path / kManifest, json_text(manifest.to_json()));
  fs::remove(state_->path / kMarker);
  running_folder().clear();
}

void check_written(const fs::path& file, const std::string& sha256, uint64_t bytes) {
  if (sha256_file(file, bytes) == sha256) return;
  throw DataError(
      "{}: is not as the run wrote it (hint: put an intact copy in its place, or run it anew)",
      file.string());
}

void check_run_file(const fs::path& folder, const std::string& name) {
  if (fs::exists(folder / kMarker) || !fs::exists(folder / kManifest)) return;
  const auto manifest = read_json(folder / kManifest);
  try {
    for (const auto& file : manifest.value("outputs", nlohmann::json::array())) {
      if (file.at("path") == name) check_written(folder / name, file.at("sha256"));
    }
  } catch (const nlohmann::json::exception& fault) {
    throw DataError("{}: not a manifest: {}", (folder / kManifest).string(), fault.what());
  }
}

void note_run_failure(std::string_view reason) {
  const fs::path folder = std::exchange(running_folder(), fs::path());
  if (folder.empty()) return;
  try {
    write_marker(folder, reason);
  } catch (const std::exception&) {  // the disk may be full: the marker keeps its first text
  }
}

}  // namespace eida

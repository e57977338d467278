#include "eida/core/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>

#include "eida/core/error.h"
#include "file_descriptor.h"

namespace eida {
namespace fs = std::filesystem;

std::string read_file(const fs::path& path, uint64_t max_bytes) {
  uint64_t size = 0;
  const FileDescriptor file = open_for_read(path, size);
  if (size > max_bytes) {
    throw DataError("{}: has {} bytes, more than the limit of {}", path.string(), size, max_bytes);
  }
  // One byte more than the size says, so that a file that grows meanwhile is seen.
  std::string bytes(static_cast<size_t>(size) + 1, '\0');
  size_t done = 0;
  for (;;) {
    const ssize_t n = ::read(file.get(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(path, "cannot read", errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
    if (done > max_bytes)
      throw DataError("{}: has more bytes than the limit of {}", path.string(), max_bytes);
    if (done == bytes.size()) bytes.resize(done * 2);
  }
  bytes.resize(done);
  return bytes;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

struct AtomicFile::State {
  fs::path path, temporary;
  FileDescriptor file;
};

AtomicFile::AtomicFile(fs::path path) : state_(std::make_unique<State>()) {
  static std::atomic<unsigned> counter{0};
  state_->path = std::move(path);
  state_->temporary =
      state_->path.parent_path() /
      fmt::format(".{}.{}-{}.tmp", state_->path.filename().string(), ::getpid(), counter++);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  state_->file = FileDescriptor(::open(state_->temporary.c_str(), flags, 0666));
  if (!state_->file.valid()) throw_errno(state_->path, "cannot create", errno);
}

AtomicFile::~AtomicFile() {
  if (!state_->file.valid()) return;
  state_->file.reset();
  ::unlink(state_->temporary.c_str());
}

void AtomicFile::write(std::string_view bytes) { write_all(state_->file, bytes, state_->path); }

void AtomicFile::commit() {
  sync(state_->file, state_->path);
  if (::rename(state_->temporary.c_str(), state_->path.c_str()) != 0) {
    throw_errno(state_->path, "cannot rename the finished file", errno);
  }
  state_->file.reset();
  const fs::path folder =
      state_->path.has_parent_path() ? state_->path.parent_path() : fs::path(".");
  const FileDescriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.valid()) sync(directory, folder);
}

void make_folder(const fs::path& path) {
  std::error_code fault;
  fs::create_directories(path, fault);
  if (fault) throw DataError("{}: folder cannot be made: {}", path.string(), fault.message());
}

void sync_file(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) throw_errno(path, "cannot open", errno);
  sync(file, path);
}

void write_file_atomic(const fs::path& path, std::string_view bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}

namespace {

/// Every file that is mapped now, by its first address.
struct Maps {
  struct Rest {
    const std::byte* end;
    fs::path path;
  };
  std::mutex mutex;
  std::map<const std::byte*, Rest> files;

  /// The one that holds `size` bytes from `begin` on; nullptr: none does. The mutex is held.
  const Rest* find(const std::byte* begin, size_t size) const {
    const auto after = files.upper_bound(begin);
    if (after == files.begin()) return nullptr;
    const Rest& rest = std::prev(after)->second;
    return begin + size <= rest.end ? &rest : nullptr;
  }
};

Maps& maps() {
  static Maps all;
  return all;
}

}  // namespace

MappedFile::MappedFile(fs::path path) : path_(std::move(path)) {
  uint64_t size = 0;
  const FileDescriptor file = open_for_read(path_, size);
  if (size == 0) return;
  void* address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) throw_errno(path_, "cannot map", errno);
  size_ = static_cast<size_t>(size);
  bytes_ = {static_cast<const std::byte*>(address), [size](const std::byte* bytes) {
              const std::lock_guard lock(maps().mutex);
              maps().files.erase(bytes);
              ::munmap(const_cast<std::byte*>(bytes), size);
            }};
  const std::lock_guard lock(maps().mutex);
  maps().files[data()] = {data() + size_, path_};
}

void MappedFile::expect_random_access() const {
  if (data() != nullptr) ::madvise(const_cast<std::byte*>(data()), size(), MADV_RANDOM);
}

std::string mapped_file_at(const void* address) {
  const std::lock_guard lock(maps().mutex);
  const auto* file = maps().find(static_cast<const std::byte*>(address), 1);
  return file == nullptr ? "" : file->path.string();
}

void release_mapped_pages(const void* data, size_t size) {
  const auto* begin = static_cast<const std::byte*>(data);
  const std::lock_guard lock(maps().mutex);
  if (maps().find(begin, size) == nullptr) return;
  const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const uintptr_t from = (reinterpret_cast<uintptr_t>(begin) + page - 1) / page * page;
  const uintptr_t to = reinterpret_cast<uintptr_t>(begin + size) / page * page;
  // The map is private and read-only: no page of it can hold anything but the file.
  if (from < to) ::madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
}

}  // namespace eida

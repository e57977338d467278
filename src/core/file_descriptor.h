/// RAII for POSIX file descriptors, with errors that name the file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <utility>

namespace eida {

/// Owns a descriptor; closes it once.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  void reset();

 private:
  int fd_ = -1;
};

/// "PATH: WHAT: errno's text" as DataError.
[[noreturn]] void throw_errno(const std::filesystem::path& path, std::string_view what, int error);

/// Opens an existing regular file. \throws DataError, also for folders, pipes and devices.
FileDescriptor open_for_read(const std::filesystem::path& path, uint64_t& size);
/// Creates the file or opens it at its end. \throws DataError
FileDescriptor open_for_append(const std::filesystem::path& path);
/// Writes everything. \throws DataError naming `path` on a full disk or any other failure.
void write_all(const FileDescriptor& file, std::string_view bytes,
               const std::filesystem::path& path);
/// Flushes a file or a folder to the disk. \throws DataError
void sync(const FileDescriptor& file, const std::filesystem::path& path);

}  // namespace eida

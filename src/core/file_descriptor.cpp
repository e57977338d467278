#include "file_descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "eida/core/error.h"

namespace eida {
namespace {

const char* hint_for(int error) {
  if (error == ENOSPC || error == EDQUOT)
    return " (hint: free some space or choose another --output)";
  if (error == EMFILE) return " (hint: raise the limit of open files, ulimit -n)";
  return "";
}

}  // namespace

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

void throw_errno(const std::filesystem::path& path, std::string_view what, int error) {
  throw DataError("{}: {}: {}{}", path.string(), what, std::generic_category().message(error),
                  hint_for(error));
}

FileDescriptor open_for_read(const std::filesystem::path& path, uint64_t& size) {
  // O_NONBLOCK: opening a pipe must not wait for its writer.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) throw_errno(path, "cannot open", errno);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) throw_errno(path, "cannot stat", errno);
  if (S_ISDIR(info.st_mode)) throw DataError("{}: is a folder, not a file", path.string());
  if (!S_ISREG(info.st_mode)) throw DataError("{}: is not a regular file", path.string());
  size = static_cast<uint64_t>(info.st_size);
  return file;
}

FileDescriptor open_for_append(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file.valid()) throw_errno(path, "cannot open", errno);
  return file;
}

void write_all(const FileDescriptor& file, std::string_view bytes,
               const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw_errno(path, "cannot write", errno);
    if (n == 0) throw DataError("{}: cannot write: nothing was taken", path.string());
    bytes.remove_prefix(static_cast<size_t>(n));
  }
}

void sync(const FileDescriptor& file, const std::filesystem::path& path) {
  if (::fsync(file.get()) == 0) return;
  if (errno == EINVAL || errno == ENOTSUP || errno == EROFS) return;  // file systems without fsync
  throw_errno(path, "cannot flush", errno);
}

}  // namespace eida

/// Files: read with a limit, mapped, hashed, and written so that they are whole or not there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// Whole content of a regular file. \throws DataError when it cannot be read or has more than
/// `max_bytes`.
std::string read_file(const std::filesystem::path& path, uint64_t max_bytes = uint64_t{1} << 30);

/// Lines of a text without their line feeds. A line feed ends a line: after the last one there is
/// no empty line.
std::vector<std::string_view> lines_of(std::string_view text);

/// A file under construction: written beside its final place, moved there by commit(). Without
/// commit() nothing of it stays, and a file that was there before is untouched.
class AtomicFile {
 public:
  /// \throws DataError when the folder is missing or not writable.
  explicit AtomicFile(std::filesystem::path path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// \throws DataError with the path and the reason, for example a full disk.
  void write(std::string_view bytes);
  /// Flushes to the disk and renames. \throws DataError
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Writes a whole file through AtomicFile. \throws DataError
void write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

/// Makes a folder, and those that it lies in. \throws DataError with the path and the reason.
void make_folder(const std::filesystem::path& path);

/// Flushes a file that was written to the disk. \throws DataError
void sync_file(const std::filesystem::path& path);

/// Read-only view of a file's bytes, unmapped with its last copy.
class MappedFile {
 public:
  /// \throws DataError when the file cannot be opened or mapped. An empty file gives an empty view.
  explicit MappedFile(std::filesystem::path path);

  const std::byte* data() const { return bytes_.get(); }
  size_t size() const { return size_; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data()), size()}; }
  const std::filesystem::path& path() const { return path_; }
  /// Turns off read-ahead of the system for this file.
  void expect_random_access() const;

 private:
  std::filesystem::path path_;
  std::shared_ptr<const std::byte> bytes_;
  size_t size_ = 0;
};

/// Path of the MappedFile that holds this address; empty: none does. For a fault of a map.
std::string mapped_file_at(const void* address);

/// Drops the whole pages of [data, data + size) from memory where they belong to a MappedFile;
/// later accesses read the file again. Other memory is left alone. For bytes that have been copied
/// and are not needed soon.
void release_mapped_pages(const void* data, size_t size);

/// SHA-256 of bytes that come in pieces.
class Sha256 {
 public:
  Sha256();
  void update(std::string_view bytes);
  /// Of what has come so far, 64 lower-case hexadecimal digits; more may follow.
  std::string hex() const;

 private:
  std::shared_ptr<void> context_;
};

/// SHA-256 of a file, read in pieces: 64 lower-case hexadecimal digits. \throws DataError
std::string sha256_file(const std::filesystem::path& path);
/// The same of its first `bytes`.
std::string sha256_file(const std::filesystem::path& path, uint64_t bytes);
/// SHA-256 of bytes in memory.
std::string sha256(std::string_view bytes);

}  // namespace eida

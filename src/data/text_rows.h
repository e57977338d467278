/// A mapped text file and where its rows begin.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "columns.h"
#include "eida/core/files.h"

namespace eida {

/// Rows of a file by number, without their line ends. The index holds one offset every 16 KiB: a
/// thousandth of the file. Pages of a large file are given back behind the reader, so that memory
/// stays bounded whatever the file's size. Rows may be read from several threads.
class TextRows {
 public:
  /// Maps the file; a byte order mark is skipped.
  /// \throws DataError missing or empty file.
  TextRows(const std::filesystem::path& path, int64_t max_row_bytes);

  /// First line, at most `limit` bytes of it, for recognising the format.
  std::string_view first_line(size_t limit = 1 << 20) const;

  /// Sees a row, its number and its offset in the file.
  using Visitor = std::function<void(size_t row, size_t offset, std::string_view text)>;
  /// Finds every row, and hands each to `visit` while its bytes are warm. A RowError from
  /// `visit` is reported with file and line.
  /// \param quoted CSV: line ends inside quotes belong to the row.
  /// \throws DataError empty line, row above the limit, quote that is not closed.
  void index(bool quoted, const Visitor& visit);

  size_t size() const { return size_; }
  /// \param index below size().
  std::string_view row(size_t index) const;
  const std::string& name() const { return name_; }

  /// \throws DataError "file:line: message".
  [[noreturn]] void fail(size_t index, const RowError& error) const;

 private:
  struct Mark {
    size_t row, offset;
  };
  const Mark& mark_before(size_t index) const;
  size_t row_begin(size_t index) const;
  size_t row_end(size_t begin) const;
  bool is_large() const;
  [[noreturn]] void fail_at(size_t row_offset, Mark before, const RowError& error) const;

  std::string name_;
  MappedFile file_;
  std::string_view text_;
  size_t max_row_bytes_;
  bool quoted_ = false;
  size_t size_ = 0;          ///< rows
  size_t end_ = 0;           ///< of the last row
  std::vector<Mark> marks_;  ///< by row
  mutable std::atomic<size_t> reads_{0};
};

/// \throws RowError for a NUL byte or bytes that are not UTF-8, with the offset.
void check_row_bytes(std::string_view row);

}  // namespace eida

/// A mapped text file and where its rows begin.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "eida/core/files.h"
#include "row_error.h"

namespace eida {

/// Rows of a file by number, without their line ends. Only offsets are kept: 8 bytes a row.
class TextRows {
 public:
  /// Maps the file; a byte order mark is skipped.
  /// \throws DataError missing or empty file.
  TextRows(const std::filesystem::path& path, int64_t max_row_bytes);

  /// First line, at most `limit` bytes of it, for recognising the format.
  std::string_view first_line(size_t limit = 1 << 20) const;

  /// Finds every row, and hands each to `visit` while its bytes are warm. A RowError from
  /// `visit` is reported with file and line.
  /// \param quoted CSV: line ends inside quotes belong to the row.
  /// \throws DataError empty line, row above the limit, quote that is not closed.
  void index(bool quoted, const std::function<void(size_t row, std::string_view text)>& visit);

  size_t size() const { return offsets_.size(); }
  std::string_view row(size_t index) const;
  /// Bytes of the file up to the end of this row.
  size_t offset(size_t index) const { return offsets_[index]; }
  const std::string& name() const { return name_; }

  /// \throws DataError "file:line: message".
  [[noreturn]] void fail(size_t index, const RowError& error) const {
    fail_at(offsets_[index], error);
  }
  [[noreturn]] void fail_at(size_t row_offset, const RowError& error) const;

 private:
  size_t row_end(size_t begin, bool quoted) const;

  std::string name_;
  MappedFile file_;
  std::string_view text_;
  size_t max_row_bytes_;
  size_t end_ = 0;  // of the last row
  std::vector<uint64_t> offsets_;
};

/// \throws RowError for a NUL byte or bytes that are not UTF-8, with the offset.
void check_row_bytes(std::string_view row);

}  // namespace eida

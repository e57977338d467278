/// A fault of one row, before file and line are known.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace eida {

/// Thrown by parsers of rows; TextRows::fail turns it into a DataError with file and line.
struct RowError {
  static constexpr size_t kNoOffset = static_cast<size_t>(-1);
  explicit RowError(std::string what, size_t at = kNoOffset)
      : message(std::move(what)), offset(at) {}
  std::string message;
  size_t offset;  ///< byte of the row, or kNoOffset
};

}  // namespace eida

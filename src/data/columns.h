/// Which columns of a file hold the texts and the label; and what is wrong with a row.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eida/data/dataset.h"

namespace eida {

/// A fault of one row, before file and line are known: TextRows::fail turns it into a DataError.
struct RowError {
  static constexpr size_t kNoOffset = static_cast<size_t>(-1);
  explicit RowError(std::string what, size_t at = kNoOffset)
      : message(std::move(what)), offset(at) {}
  std::string message;
  size_t offset;  ///< byte of the row, or kNoOffset
};

/// Positions in a list of column names.
struct Columns {
  size_t first = 0;
  std::optional<size_t> second;
  std::optional<size_t> label;
};

/// Looks names up in one file's header. \throws RowError a name is there twice
class Header {
 public:
  using Names = std::vector<std::string>;
  explicit Header(const Names& names) : names_(names) {}

  /// First of the alternatives that is there.
  std::optional<size_t> find(const Names& alternatives, bool ignore_case = false) const;
  /// The same. \throws RowError none is there; lists the columns that exist
  size_t require(const Names& alternatives, bool ignore_case = false) const;
  /// The column that the user named, which has to be there; else the first of the defaults, if any.
  std::optional<size_t> named_or(const std::string& name, const Names& defaults) const {
    return name.empty() ? find(defaults) : require({name});
  }
  const std::string& name(size_t index) const { return names_[index]; }

 private:
  const Names& names_;
};

/// "'a', 'b', 'c'", shortened where there are many.
std::string quoted_list(const std::vector<std::string>& names);

}  // namespace eida

/// Which columns of a file hold the texts and the label.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "eida/data/dataset.h"

namespace eida {

/// Positions in a list of column names.
struct Columns {
  size_t first = 0;
  std::optional<size_t> second;
  std::optional<size_t> label;
};

/// Columns of the task among `names`, by the names in the options or by the task's own.
/// \throws RowError a column is missing or there twice; lists the columns that exist.
Columns choose_columns(const ReaderOptions& options, const std::vector<std::string>& names);

/// "'a', 'b', 'c'", shortened where there are many.
std::string quoted_list(const std::vector<std::string>& names);

}  // namespace eida

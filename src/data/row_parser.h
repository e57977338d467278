/// One row of text -> its two texts and its label.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "columns.h"

namespace eida {

/// What a row says, before the label has an index.
struct RawRow {
  std::string first;
  std::string second;
  std::string label;  ///< outer ASCII white space dropped; empty where the file has no labels
};

/// Parser of the rows of one file. Immutable: `parse` may be called from several threads.
struct RowParser {
  bool has_second, has_label;
  /// \throws RowError wrong number of columns, missing key, wrong type, bad quoting.
  std::function<RawRow(std::string_view row)> parse;
};

/// Tab-separated, no quoting (GLUE), or comma-separated with quotes (RFC 4180).
/// \throws RowError from the header: a column is missing.
RowParser make_delimited_parser(bool comma, std::string_view header, const ReaderOptions& options);

/// One JSON object a row; the keys of the first row decide which columns exist.
RowParser make_json_parser(std::string_view first_row, const ReaderOptions& options);

/// `context||reference`; outer ASCII white space of the row is dropped, nothing else.
RowParser make_pair_parser();

/// Text without its outer ASCII white space.
std::string_view strip_ascii(std::string_view text);

}  // namespace eida

/// Rows of comma-separated values as RFC 4180 writes them, and of tab-separated ones.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace eida {

/// Why a row could not be split, and at which byte of it.
struct CsvFault {
  size_t offset = 0;
  const char* what = nullptr;  ///< nullptr: no fault
};

/// Offset just past the row that starts at `begin`, its line end included. Line ends inside quotes
/// belong to the row. A quote opens a field only at its start; elsewhere it is text.
/// \param limit largest row in bytes.
/// \param fault set when a quoted field is not closed within the text or the limit.
size_t find_csv_row_end(std::string_view text, size_t begin, size_t limit, CsvFault& fault);

/// Fields of one row without its line end; doubled quotes inside quoted fields become one.
/// \param fault set when text follows a closing quote, or a quote is not closed.
/// \param delimiter between fields: a comma or a tab. \param quotes false: they are ordinary
/// characters.
std::vector<std::string> split_csv_row(std::string_view row, CsvFault& fault, char delimiter = ',',
                                       bool quotes = true);

/// The row without its line feed and the carriage return before that.
std::string_view without_line_end(std::string_view row);

/// The field as it has to be written: quoted when it holds a comma, a quote or a line end.
std::string quote_csv_field(std::string_view field);

/// Fields joined by commas, each quoted where it has to be; no line end.
std::string join_csv_row(const std::vector<std::string>& fields);

}  // namespace eida

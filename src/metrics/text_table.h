/// Lines and tables of text files, as e2e-metrics reads them.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eida::metrics {

/// What ends a line.
enum class LineEnds {
  kPython,  ///< as Python's str.splitlines() and so e2e-metrics: U+2028 too
  kFeed,    ///< '\n' alone, as in JSONL and in files of examples
};

/// Lines of a UTF-8 file, white space at both ends dropped; a byte order mark is skipped.
/// \throws DataError cannot be read, nothing in it, not UTF-8 (file, line, byte)
std::vector<std::string> read_text_lines(const std::filesystem::path& file,
                                         LineEnds ends = LineEnds::kPython);

/// "FILE:LINE" of line `index`, counted from 0.
std::string place_of(const std::filesystem::path& file, size_t index);

/// Rows of a table's lines, as Python's csv module reads them: a quote opens a field at its start
/// alone, text behind the closing quote belongs to the field, and a line that ends within quotes
/// goes on with the next one, nothing in between; a quote never closed takes the rest of the file.
struct RowReader {
  const std::filesystem::path& file;
  const std::vector<std::string>& lines;
  char delimiter = ',';     ///< or a tab
  bool quotes = true;       ///< false: they are ordinary characters
  bool must_close = false;  ///< a quote never closed is an error, otherwise a warning
  size_t next = 0;          ///< line that the next row begins with
  size_t columns = 0;       ///< of the header, the first row

  /// Fields of the next row; false behind the last. \throws DataError not as many as the header has
  bool read(std::vector<std::string>& fields);
};

struct TextRow {
  std::optional<std::string> source;  ///< in all rows or in none
  std::vector<std::string> texts;     ///< one; several where a JSON value is a list
};

/// Which column a table's text stands in.
enum class TextRole { kPrediction, kReference };

/// What the extension says that a file is.
enum class TextFormat { kPlain, kTabs, kCommas, kJsonLines };
TextFormat format_of(const std::filesystem::path& file);
/// At least one row. \throws DataError as read_text_lines(), and for columns, keys and rows that do
/// not fit
std::vector<TextRow> read_text_table(const std::filesystem::path& file, TextRole role);

}  // namespace eida::metrics

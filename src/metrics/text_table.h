/// Lines and tables of text files, as e2e-metrics reads them.
#pragma once

#include <filesystem>
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

/// Fields of a table's line. \param delimiter a comma or a tab \param columns of the header; 0:
/// this is the header. \throws DataError at `place`: another number of fields, a quote that is not
/// closed
std::vector<std::string> split_fields(std::string_view line, char delimiter, bool quotes,
                                      size_t columns, const std::string& place);

struct TextRow {
  std::string source;              ///< empty where the file has no such column
  std::vector<std::string> texts;  ///< one; several where a JSON value is a list
};

/// Which column a table's text stands in.
enum class TextRole { kPrediction, kReference };

struct TextTable {
  bool has_sources = false;
  std::vector<TextRow> rows;
};

/// Whether the extension says that the file is a table or JSONL.
bool is_table_file(const std::filesystem::path& file);
/// \throws DataError as read_text_lines(), and for columns, keys and rows that do not fit
TextTable read_text_table(const std::filesystem::path& file, TextRole role);

}  // namespace eida::metrics

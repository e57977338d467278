#include "eida/core/csv.h"

#include <algorithm>

#include "eida/core/utf8.h"

namespace eida {
namespace {

constexpr const char* kUnclosed = "quoted field is not closed";
constexpr const char* kAfterQuote =
    "text after a closing quote (a quote inside quotes is written twice)";

/// Offset of the quote that closes the field opened just before `begin`, or npos.
size_t find_closing_quote(std::string_view text, size_t begin) {
  for (size_t position = begin;;) {
    const size_t quote = text.find('"', position);
    if (quote == std::string_view::npos) return quote;
    if (quote + 1 >= text.size() || text[quote + 1] != '"') return quote;
    position = quote + 2;
  }
}

std::string undouble(std::string_view quoted) {
  std::string field;
  field.reserve(quoted.size());
  for (size_t i = 0; i < quoted.size(); ++i) {
    field.push_back(quoted[i]);
    if (quoted[i] == '"') ++i;
  }
  return field;
}

}  // namespace

size_t find_csv_row_end(std::string_view text, size_t begin, size_t limit, CsvFault& fault) {
  const std::string_view window =
      text.substr(0, std::min(text.size(), begin + std::min(limit, text.size())));
  for (size_t position = begin; position < window.size();) {
    if (window[position] == '"') {
      const size_t quote = find_closing_quote(window, position + 1);
      if (quote == std::string_view::npos) {
        fault = {position, kUnclosed};
        return window.size();
      }
      position = quote + 1;
    }
    position = window.find_first_of(",\n", position);
    if (position == std::string_view::npos) return window.size();
    if (window[position] == '\n') return position + 1;
    ++position;
  }
  return window.size();
}

std::string_view without_line_end(std::string_view row) {
  if (row.ends_with('\n')) {
    row.remove_suffix(1);
    if (row.ends_with('\r')) row.remove_suffix(1);
  }
  return row;
}

std::vector<std::string> split_csv_row(std::string_view row, CsvFault& fault, char delimiter,
                                       bool quotes) {
  std::vector<std::string> fields;
  for (size_t position = 0;;) {
    size_t end = 0;
    if (quotes && position < row.size() && row[position] == '"') {
      const size_t quote = find_closing_quote(row, position + 1);
      if (quote == std::string_view::npos) {
        fault = {position, kUnclosed};
        return fields;
      }
      fields.push_back(undouble(row.substr(position + 1, quote - position - 1)));
      end = quote + 1;
      if (end < row.size() && row[end] != delimiter) {
        fault = {end, kAfterQuote};
        return fields;
      }
    } else {
      end = std::min(row.find(delimiter, position), row.size());
      fields.emplace_back(row.substr(position, end - position));
    }
    if (end >= row.size()) return fields;
    position = end + 1;
  }
}

std::string quote_csv_field(std::string_view field) {
  std::string quoted(field);
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) return quoted;
  replace_all(quoted, "\"", "\"\"");
  return '"' + quoted + '"';
}

std::string join_csv_row(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields)
    row += (&field == &fields.front() ? "" : ",") + quote_csv_field(field);
  return row;
}

}  // namespace eida

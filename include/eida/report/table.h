/// Tables for the terminal and for pages.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace eida {

enum class Align { kLeft, kRight };  ///< of the cells of a column

/// A bold header has terminal escape codes around it.
enum class TableStyle { kPlain, kBoldHeader };

/// Style for stdout: bold header on a terminal unless NO_COLOR is set, plain text elsewhere.
TableStyle stdout_style();

/// Digits in groups of three: "140,034".
std::string grouped(int64_t value);

/// Rows of text under a header. Columns are as wide as their widest cell, in terminal columns
/// (combining and wide characters count as a terminal shows them).
class Table {
 public:
  /// \param header one name a column. \param align one a column; right for what is missing.
  explicit Table(std::vector<std::string> header, std::vector<Align> align = {});

  /// \throws Error (internal) the number of cells is not that of the header.
  void add_row(std::vector<std::string> cells);
  size_t rows() const { return rows_.size(); }
  const std::vector<std::string>& header() const { return header_; }
  const std::vector<Align>& align() const { return align_; }  ///< one a column
  const std::vector<std::vector<std::string>>& cells() const { return rows_; }

  /// Header, a rule and the rows, each ended by a line end; no trailing spaces. Control characters
  /// are replaced.
  std::string render(TableStyle style = TableStyle::kPlain) const;

 private:
  std::vector<std::string> header_;
  std::vector<Align> align_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace eida

#include "eida/report/table.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>

#include "eida/core/error.h"
#include "eida/core/system_info.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

constexpr size_t kWidestCell = 200;

std::string shown(const std::string& cell) { return printable(cell, kWidestCell); }

}  // namespace

TableStyle stdout_style() {
  const bool colors = environment("NO_COLOR").empty();  // no-color.org
  return colors && ::isatty(STDOUT_FILENO) == 1 ? TableStyle::kBoldHeader : TableStyle::kPlain;
}

std::string grouped(int64_t value) {
  std::string digits = std::to_string(value);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (value < 0 ? 1 : 0); at -= 3)
    digits.insert(static_cast<size_t>(at), ",");
  return digits;
}

Table::Table(std::vector<std::string> header, std::vector<Align> align)
    : header_(std::move(header)), align_(std::move(align)) {
  align_.resize(header_.size(), Align::kRight);
}

void Table::add_row(std::vector<std::string> cells) {
  if (cells.size() != header_.size()) {
    throw Error(ExitCode::kInternal,
                fmt::format("Table: {} cells, the header has {}", cells.size(), header_.size()));
  }
  rows_.push_back(std::move(cells));
}

std::string Table::render(TableStyle style) const {
  std::vector<size_t> widths;
  for (size_t column = 0; column < header_.size(); ++column) {
    size_t width = display_width(shown(header_[column]));
    for (const auto& row : rows_) width = std::max(width, display_width(shown(row[column])));
    widths.push_back(width);
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t column = 0; column < cells.size(); ++column) {
      const std::string cell = shown(cells[column]);
      const std::string padding(widths[column] - display_width(cell), ' ');
      if (column > 0) line += "  ";
      line += align_[column] == Align::kRight ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  };
  std::string text = line(header_);
  if (style == TableStyle::kBoldHeader) text = fmt::format("\x1B[1m{}\x1B[0m", text);
  std::vector<std::string> rule;
  for (const size_t width : widths) rule.emplace_back(width, '-');
  text += fmt::format("\n{}\n", line(rule));
  for (const auto& row : rows_) text += line(row) + "\n";
  return text;
}

}  // namespace eida

#include "text_rows.h"

#include <algorithm>

#include "eida/core/csv.h"
#include "eida/core/error.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr size_t kMarkBytes = 16 << 10;        ///< of the file between two marks of the index
constexpr size_t kLargeBytes = 64 << 20;       ///< a file whose pages are given back
constexpr size_t kReadsBetweenReleases = 128;  ///< each may map several chunks of 64 KiB

/// End of the text without the empty lines that close it; the last row keeps its line end.
size_t trimmed_end(std::string_view text) {
  size_t end = text.size();
  while (end > 0 && (text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
  if (end < text.size() && text[end] == '\r') ++end;
  if (end < text.size() && text[end] == '\n') ++end;
  return end;
}

}  // namespace

TextRows::TextRows(const std::filesystem::path& path, int64_t max_row_bytes)
    : name_(path.string()), file_(path), max_row_bytes_(static_cast<size_t>(max_row_bytes)) {
  text_ = file_.view();
  if (text_.starts_with(kByteOrderMark)) text_.remove_prefix(kByteOrderMark.size());
  if (text_.find_first_not_of("\r\n") == std::string_view::npos) {
    throw DataError("{}: the file is empty", name_);
  }
}

std::string_view TextRows::first_line(size_t limit) const {
  const std::string_view head = text_.substr(0, limit);
  const size_t line_end = head.find('\n');
  return line_end == std::string_view::npos ? head : without_line_end(head.substr(0, line_end + 1));
}

size_t TextRows::row_end(size_t begin) const {
  size_t end = 0;
  if (quoted_) {
    CsvFault fault;
    end = find_csv_row_end(text_, begin, max_row_bytes_ + 1, fault);
    if (fault.what != nullptr) throw RowError(fault.what, fault.offset - begin);
  } else {
    const size_t found = text_.substr(begin, max_row_bytes_ + 1).find('\n');
    end = found == std::string_view::npos ? std::min(text_.size(), begin + max_row_bytes_ + 1)
                                          : begin + found + 1;
  }
  if (end - begin > max_row_bytes_) {
    throw RowError(fmt::format(
        "row is longer than {} bytes (hint: is this a text file with one example a line?)",
        max_row_bytes_));
  }
  return std::min(end, end_);
}

bool TextRows::is_large() const { return text_.size() >= kLargeBytes; }

void TextRows::index(bool quoted, const Visitor& visit) {
  quoted_ = quoted;
  end_ = trimmed_end(text_);
  marks_.clear();
  size_ = 0;
  size_t released = 0;
  for (size_t begin = 0; begin < end_;) {
    try {
      const size_t end = row_end(begin);
      const std::string_view row = without_line_end(text_.substr(begin, end - begin));
      if (row.empty()) throw RowError("empty line");
      if (marks_.empty() || begin - marks_.back().offset >= kMarkBytes)
        marks_.push_back({size_, begin});
      visit(size_++, begin, row);
      begin = end;
    } catch (const RowError& error) {
      fail_at(begin, marks_.empty() ? Mark{0, 0} : marks_.back(), error);
    }
    if (is_large() && begin - released >= kLargeBytes) {
      release_mapped_pages(text_.data() + released, begin - released);
      released = begin;
    }
  }
  if (is_large()) file_.expect_random_access();
}

const TextRows::Mark& TextRows::mark_before(size_t index) const {
  const auto after = std::upper_bound(marks_.begin(), marks_.end(), index,
                                      [](size_t row, const Mark& mark) { return row < mark.row; });
  return *std::prev(after);
}

size_t TextRows::row_begin(size_t index) const {
  const Mark& mark = mark_before(index);
  size_t begin = mark.offset;
  for (size_t row = mark.row; row < index; ++row) {
    begin = row_end(begin);
    if (begin >= end_) throw RowError("the file has changed while it was open");
  }
  return begin;
}

std::string_view TextRows::row(size_t index) const {
  if (is_large() && ++reads_ % kReadsBetweenReleases == 0)
    release_mapped_pages(text_.data(), text_.size());
  const size_t begin = row_begin(index);
  return without_line_end(text_.substr(begin, row_end(begin) - begin));
}

void TextRows::fail(size_t index, const RowError& error) const {
  const Mark& before = mark_before(index);
  size_t offset = before.offset;
  try {
    offset = row_begin(index);
  } catch (const RowError&) {  // of a row before it: the file has changed
  }
  fail_at(offset, before, error);
}

void TextRows::fail_at(size_t row_offset, Mark before, const RowError& error) const {
  if (quoted_) before = {0, 0};  // quotes hold line ends: a row is no line
  const std::string_view between = text_.substr(before.offset, row_offset - before.offset);
  const auto line =
      1 + static_cast<int64_t>(before.row) + std::count(between.begin(), between.end(), '\n');
  std::string message = error.message;
  if (error.offset != RowError::kNoOffset)
    message += fmt::format(", at byte offset {} of the row", error.offset);
  const bool last = text_.find('\n', row_offset) == std::string_view::npos;
  if (last) message += " (hint: this last line has no line end; is the file cut short?)";
  throw DataError("{}:{}: {}", name_, line, message);
}

void check_row_bytes(std::string_view row) {
  const size_t nul = row.find('\0');
  if (nul != std::string_view::npos) throw RowError("NUL byte", nul);
  const size_t bad = find_invalid_utf8(row);
  if (bad != std::string_view::npos) {
    throw RowError("not UTF-8 (hint: convert the file, for example with iconv)", bad);
  }
}

}  // namespace eida

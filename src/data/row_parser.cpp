#include "row_parser.h"

#include <fmt/format.h>

#include "eida/core/csv.h"
#include "eida/core/utf8.h"
#include "row_error.h"

namespace eida {
namespace {

std::vector<std::string> split_fields(bool comma, std::string_view row) {
  CsvFault fault;
  auto fields = split_csv_row(row, fault, comma ? ',' : '\t', comma);
  if (fault.what != nullptr) throw RowError(fault.what, fault.offset);
  return fields;
}

class DelimitedParser : public RowParser {
 public:
  DelimitedParser(bool comma, std::string_view header, const ReaderOptions& options)
      : comma_(comma),
        names_(split_fields(comma, header)),
        columns_(options.task->columns(Header(names_), options)) {}

  RawRow parse(std::string_view row) const override {
    auto fields = split_fields(comma_, row);
    if (fields.size() != names_.size()) {
      throw RowError(fmt::format("{} column{}, wanted {} ({})", fields.size(),
                                 fields.size() == 1 ? "" : "s", names_.size(),
                                 quoted_list(names_)));
    }
    RawRow raw;
    raw.first = std::move(fields[columns_.first]);
    if (columns_.second) raw.second = std::move(fields[*columns_.second]);
    if (columns_.label) raw.label = strip_ascii(fields[*columns_.label]);
    return raw;
  }
  bool has_second() const override { return columns_.second.has_value(); }
  bool has_label() const override { return columns_.label.has_value(); }

 private:
  bool comma_;
  std::vector<std::string> names_;
  Columns columns_;
};

class PairParser : public RowParser {
 public:
  RawRow parse(std::string_view row) const override {
    constexpr std::string_view kBar = "||";
    row = strip_ascii(row);
    const size_t bar = row.find(kBar);
    if (bar == std::string_view::npos) throw RowError("no '||' between context and reference");
    if (row.find(kBar, bar + 1) != std::string_view::npos) {
      throw RowError("more than one '||'", row.find(kBar, bar + 1));
    }
    return {std::string(row.substr(0, bar)), std::string(row.substr(bar + kBar.size())), ""};
  }
  bool has_second() const override { return true; }
  bool has_label() const override { return false; }
};

}  // namespace

std::unique_ptr<RowParser> make_delimited_parser(bool comma, std::string_view header,
                                                 const ReaderOptions& options) {
  return std::make_unique<DelimitedParser>(comma, header, options);
}

std::unique_ptr<RowParser> make_pair_parser() { return std::make_unique<PairParser>(); }

std::string_view strip_ascii(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace eida

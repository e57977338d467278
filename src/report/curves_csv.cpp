#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "eida/core/csv.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/utf8.h"
#include "eida/report/curves.h"

namespace eida {
namespace {

constexpr std::string_view kHeader =
    "kind,place,layer,weights,dim,k,repeat,fidelity,samples,heldout";
constexpr std::string_view kPublishedHeader = "kind,layer,weights,k,fidelity";
constexpr size_t kLongestRow = 4096;

/// One row's fields with their names for messages.
class Fields {
 public:
  Fields(const std::filesystem::path& path, size_t line, std::vector<std::string> values)
      : path_(path), line_(line), values_(std::move(values)) {}

  const std::string& text(size_t column) const { return values_[column]; }

  const std::string& kind(size_t column) const {
    const std::string& value = values_[column];
    if (value != "input" && value != "delta_output") {
      fail(fmt::format("kind: '{}', wanted input or delta_output", printable(value)));
    }
    return value;
  }

  const std::string& weights(size_t column) const {
    if (values_[column].empty()) fail("weights: empty");
    return values_[column];
  }

  int64_t integer(size_t column, const char* name) const {
    const auto result = number<int64_t>(values_[column]);
    if (!(result >= 0) || *result == std::numeric_limits<int64_t>::max())
      fail(fmt::format("{}: '{}' is not an integer from 0", name, printable(values_[column])));
    return *result;
  }

  double fraction(size_t column, const char* name) const {
    if (values_[column] == "nan") return std::nan("");
    const auto result = number<double>(values_[column]);
    if (!(result >= 0.0 && result <= 1.0))
      fail(fmt::format("{}: '{}' is not a number from 0 to 1", name, printable(values_[column])));
    return *result;
  }

  [[noreturn]] void fail(const std::string& message) const {
    throw DataError("{}:{}: {}", path_.string(), line_, message);
  }

 private:
  /// The number that fills a field; none where it is something else.
  template <typename Number>
  static std::optional<Number> number(const std::string& field) {
    Number number{};
    const char* end = field.data() + field.size();
    const auto parsed = std::from_chars(field.data(), end, number);
    return parsed.ec == std::errc() && parsed.ptr == end ? std::optional(number) : std::nullopt;
  }

  const std::filesystem::path& path_;
  size_t line_;
  std::vector<std::string> values_;
};

CurveRow read_row(const Fields& fields) {
  CurveRow row;
  row.kind = fields.kind(0);
  row.place = fields.integer(1, "place");
  row.layer = fields.integer(2, "layer");
  row.weights = fields.weights(3);
  row.dim = fields.integer(4, "dim");
  row.k = fields.integer(5, "k");
  row.repeat = fields.integer(6, "repeat");
  row.fidelity = fields.fraction(7, "fidelity");
  row.samples = fields.integer(8, "samples");
  row.heldout = fields.integer(9, "heldout");
  return row;
}

CurvePoint read_published(const Fields& fields) {
  CurvePoint point;
  point.kind = fields.kind(0);
  point.layer = fields.integer(1, "layer");
  point.weights = fields.weights(2);
  point.k = fields.integer(3, "k");
  point.mean = fields.fraction(4, "fidelity");
  point.low = point.high = std::nan("");
  return point;
}

/// The text of a file from one of its lines on.
struct Lines {
  const std::filesystem::path& path;
  std::string_view text;
  size_t line = 1;  ///< number of the first
};

/// Rows of CSV with exactly this header.
template <typename Row>
std::vector<Row> read_rows(const Lines& lines, std::string_view header,
                           Row (*read)(const Fields&)) {
  const auto& [path, text, first] = lines;
  const auto columns = static_cast<size_t>(std::count(header.begin(), header.end(), ',')) + 1;
  std::vector<Row> rows;
  size_t line = first;
  for (size_t begin = 0; begin < text.size(); ++line) {
    CsvFault fault;
    const size_t end = find_csv_row_end(text, begin, kLongestRow, fault);
    const std::string_view row = without_line_end(text.substr(begin, end - begin));
    auto values = split_csv_row(row, fault);
    const size_t count = values.size();
    const Fields fields(path, line, std::move(values));
    if (fault.what != nullptr) fields.fail(fault.what);
    if (line == first && row != header)
      fields.fail(fmt::format("header is '{}', wanted '{}'", printable(row, 200), header));
    if (row.find('\n') != std::string_view::npos) fields.fail("line end inside quotes");
    if (count != columns) fields.fail(fmt::format("{} columns, wanted {}", count, columns));
    if (line > first) rows.push_back(read(fields));
    begin = end;
  }
  if (line == first) throw DataError("{}: the file is empty", path.string());
  return rows;
}

/// What "# key: value" says of published curves.
void set_remark(PublishedCurves& curves, const std::string& key, const Fields& fields) {
  if (key == "name") {
    curves.name = fields.text(0);
  } else if (key == "model_type") {
    curves.model_type = fields.text(0);
  } else if (key == "layers") {
    curves.layers = fields.integer(0, "layers");
  } else if (key == "width") {
    curves.width = fields.integer(0, "width");
  } else {
    fields.fail(
        fmt::format("'# {}': wanted name, model_type, layers or width", printable(key, 100)));
  }
}

}  // namespace

void write_curves_csv(const std::filesystem::path& path, const std::vector<CurveRow>& rows) {
  std::string text = std::string(kHeader) + "\n";
  for (const CurveRow& row : rows) {
    const std::string fidelity = std::isnan(row.fidelity) ? "nan" : fmt::format("{}", row.fidelity);
    text += fmt::format("{},{},{},{},{},{},{},{},{},{}\n", row.kind, row.place, row.layer,
                        quote_csv_field(row.weights), row.dim, row.k, row.repeat, fidelity,
                        row.samples, row.heldout);
  }
  write_file_atomic(path, text);
}

std::vector<CurveRow> read_curves_csv(const std::filesystem::path& path) {
  const MappedFile file(path);
  return read_rows<CurveRow>({path, file.view()}, kHeader, read_row);
}

PublishedCurves read_published_curves(const std::filesystem::path& path) {
  const MappedFile file(path);
  Lines lines{path, file.view()};
  PublishedCurves curves;
  curves.name = path.stem().string();
  for (; lines.text.starts_with("# "); ++lines.line) {
    const size_t end = std::min(lines.text.find('\n'), lines.text.size() - 1) + 1;
    const std::string_view remark = without_line_end(lines.text.substr(2, end - 2));
    const size_t colon = std::min(remark.find(": "), remark.size());
    const std::string_view value = remark.substr(std::min(colon + 2, remark.size()));
    lines.text.remove_prefix(end);
    set_remark(curves, std::string(remark.substr(0, colon)),
               Fields(path, lines.line, {std::string(value)}));
  }
  curves.points = read_rows<CurvePoint>(lines, kPublishedHeader, read_published);
  return curves;
}

}  // namespace eida

#include <spdlog/spdlog.h>

#include <map>
#include <utility>

#include "eida/core/error.h"
#include "eida/data/dataset.h"
#include "labels.h"
#include "row_parser.h"
#include "text_rows.h"

namespace eida {
namespace {

/// Format by first line and extension, as ReaderOptions::format says.
DataFormat recognise_format(const std::filesystem::path& path, std::string_view first_line,
                            const ReaderOptions& options) {
  if (options.format != DataFormat::kAuto) return options.format;
  if (strip_ascii(first_line).starts_with('{')) return DataFormat::kJsonl;
  if (options.task->has_pair_lines && first_line.find("||") != std::string_view::npos) {
    return DataFormat::kPairLines;
  }
  static const std::map<std::string, DataFormat> kExtensions = {{".tsv", DataFormat::kTsv},
                                                                {".csv", DataFormat::kCsv},
                                                                {".jsonl", DataFormat::kJsonl},
                                                                {".ndjson", DataFormat::kJsonl},
                                                                {".json", DataFormat::kJsonl}};
  const auto known = kExtensions.find(path.extension().string());
  if (known != kExtensions.end()) return known->second;
  if (first_line.find('\t') != std::string_view::npos) return DataFormat::kTsv;
  if (first_line.find(',') != std::string_view::npos) return DataFormat::kCsv;
  throw DataError(
      "{}:1: neither extension nor first line tells the format (hint: name the file .tsv, .csv or "
      ".jsonl)",
      path.string());
}

class FileDataset : public Dataset {
 public:
  FileDataset(const std::filesystem::path& path, const ReaderOptions& options)
      : options_(options), rows_(path, options.max_row_bytes) {
    if (options_.class_names.empty()) options_.class_names = options_.task->class_names;
    const bool collect = kind() == TaskKind::kClassification && options_.class_names.empty();
    if (!collect) labels_ = Labels(options_.class_names);
    format_ = recognise_format(path, rows_.first_line(), options_);
    rows_.index(format_ == DataFormat::kCsv, [&](size_t row, size_t offset, std::string_view text) {
      visit(row, offset, text, collect);
    });
    if (size() == 0) throw DataError("{}: a header and no rows", rows_.name());
    if (collect && parser_.has_label) finish_labels();
  }

  int64_t size() const override { return static_cast<int64_t>(rows_.size()) - header_rows(); }

  TextExample at(int64_t index) const override {
    if (index < 0 || index >= size()) {
      throw DataError("{}: example {} asked, the file has {}", rows_.name(), index, size());
    }
    const auto row = static_cast<size_t>(index + header_rows());
    try {
      RawRow raw = parse(rows_.row(row));
      const int64_t label = parser_.has_label ? labels_.index_of(raw.label) : -1;
      return {std::move(raw.first), std::move(raw.second), label, is_pair()};
    } catch (const RowError& error) {
      rows_.fail(row, error);
    }
  }

  TaskKind kind() const override { return options_.task->kind; }
  bool has_targets() const override {
    return kind() == TaskKind::kClassification ? parser_.has_label : parser_.has_second;
  }
  const std::vector<std::string>& class_names() const override {
    static const std::vector<std::string> kNone;
    return has_targets() && kind() == TaskKind::kClassification ? labels_.names() : kNone;
  }
  bool one_class() const override {
    return has_targets() && kind() == TaskKind::kClassification && !labels_vary_ &&
           rows_seen_ == size();
  }
  std::string name() const override { return rows_.name(); }

 private:
  bool has_header() const { return format_ == DataFormat::kTsv || format_ == DataFormat::kCsv; }
  int64_t header_rows() const { return has_header() ? 1 : 0; }

  void make_parser(std::string_view first_row) {
    check_row_bytes(first_row);
    if (format_ == DataFormat::kPairLines) {
      parser_ = make_pair_parser();
    } else if (format_ == DataFormat::kJsonl) {
      parser_ = make_json_parser(first_row, options_);
    } else {
      parser_ = make_delimited_parser(format_ == DataFormat::kCsv, first_row, options_);
    }
  }

  /// Sees each row once, in order: the first one makes the parser.
  void visit(size_t row, size_t offset, std::string_view text, bool collect) {
    if (row == 0) make_parser(text);
    if (row == 0 && has_header()) return;
    const bool collect_label = collect && parser_.has_label;
    if (!collect_label && offset > static_cast<size_t>(options_.check_bytes)) return;
    const RawRow raw = parse(text);
    if (collect_label) {
      labels_.collect(raw.label);
    } else if (parser_.has_label) {
      labels_.index_of(raw.label);
    }
    ++rows_seen_;
    if (rows_seen_ == 1) first_label_ = raw.label;
    labels_vary_ |= raw.label != first_label_;
  }

  RawRow parse(std::string_view text) const {
    check_row_bytes(text);
    RawRow raw = parser_.parse(text);
    // A text that completes no prompt is plain language modelling. Of a pair one may be empty.
    const bool may_lack_prompt = options_.task->may_lack_prompt && parser_.has_second;
    const bool may_lack_first = may_lack_prompt || (is_pair() && !raw.second.empty());
    check_text(raw.first, "text", may_lack_first);
    if (parser_.has_second) check_text(raw.second, "second text", is_pair());
    return raw;
  }

  bool is_pair() const { return kind() == TaskKind::kClassification && parser_.has_second; }

  /// JSON escapes can bring in what check_row_bytes keeps out.
  static void check_text(const std::string& text, const char* what, bool may_lack) {
    if (text.empty() && !may_lack) throw RowError(std::string("empty ") + what);
    if (text.find('\0') != std::string::npos)
      throw RowError(std::string("NUL character in the ") + what);
  }

  void finish_labels() {
    labels_.finish();
    if (labels_.unused() > 0) {
      spdlog::warn(
          "{}: {} of {} class indices never occur (labels are indices from 0 as they stand)",
          rows_.name(), labels_.unused(), labels_.names().size());
    }
  }

  ReaderOptions options_;
  TextRows rows_;
  Labels labels_;
  DataFormat format_ = DataFormat::kAuto;
  RowParser parser_ = {};
  int64_t rows_seen_ = 0;
  std::string first_label_;
  bool labels_vary_ = false;
};

void check_options(const ReaderOptions& options) {
  if (options.max_row_bytes < 1)
    throw ConfigError("max_row_bytes: {} is below 1", options.max_row_bytes);
  if (options.check_bytes < 0)
    throw ConfigError("check_bytes: {} is negative", options.check_bytes);
  if (options.format == DataFormat::kPairLines && options.task->kind != TaskKind::kCompletion) {
    throw ConfigError("pair lines (context||reference) have no labels: they suit completions");
  }
}

}  // namespace

std::shared_ptr<const Dataset> open_dataset(const std::filesystem::path& path,
                                            const ReaderOptions& options) {
  check_options(options);
  return std::make_shared<FileDataset>(path, options);
}

}  // namespace eida

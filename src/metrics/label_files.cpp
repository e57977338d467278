#include "eida/metrics/label_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "text_table.h"
#include "unicode.h"

namespace eida {
namespace {

namespace fs = std::filesystem;
using metrics::place_of;

std::vector<std::string> table_labels(const std::vector<std::string>& lines, const fs::path& file,
                                      const std::string& column, bool tabs) {
  metrics::RowReader reader{file, lines, tabs ? '\t' : ',', !tabs, true};  // TSV has no quotes
  std::vector<std::string> fields;
  reader.read(fields);
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const std::string& name) {
    return metrics::to_lower(metrics::strip(name)) == column;
  });
  if (found == fields.end()) {
    throw DataError("{}: has no column '{}', there are {}", place_of(file, 0), column,
                    printable(fmt::format("{}", fmt::join(fields, ", "))));
  }
  const auto position = static_cast<size_t>(found - fields.begin());
  std::vector<std::string> labels;
  while (reader.read(fields)) labels.emplace_back(metrics::strip(fields[position]));
  return labels;
}

std::string json_label(const std::string& line, const std::string& key, const std::string& place) {
  const auto value = parse_json(line, place);
  const auto found = value.is_object() ? value.find(key) : value.end();
  if (!value.is_object() || found == value.end())
    throw DataError("{}: is no object with the key '{}'", place, key);
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return found->dump();
  throw DataError("{}: {} is neither text nor a whole number", place, key);
}

}  // namespace

std::vector<std::string> read_labels(const fs::path& file, LabelRole role) {
  const std::string column = role == LabelRole::kTrue ? "label" : "prediction";
  const std::vector<std::string> lines = metrics::read_text_lines(file, metrics::LineEnds::kFeed);
  const std::string extension = metrics::to_lower(file.extension().string());
  std::vector<std::string> labels;
  if (extension == ".tsv" || extension == ".csv") {
    labels = table_labels(lines, file, column, extension == ".tsv");
  } else if (extension == ".jsonl" || extension == ".ndjson") {
    for (size_t i = 0; i < lines.size(); ++i)
      labels.push_back(json_label(lines[i], column, place_of(file, i)));
  } else {
    labels = lines;
  }
  if (labels.empty()) throw DataError("{}: has no labels", file.string());
  const auto empty = std::find(labels.begin(), labels.end(), "");
  if (empty != labels.end()) {
    throw DataError("{}: label {} is empty", file.string(), empty - labels.begin() + 1);
  }
  return labels;
}

std::vector<bool> right_labels(const std::vector<std::string>& labels,
                               const std::vector<std::string>& predictions, const fs::path& file) {
  if (labels.size() != predictions.size()) {
    throw DataError("{}: has {} predictions for {} labels", file.string(), predictions.size(),
                    labels.size());
  }
  const std::set<std::string> classes(labels.begin(), labels.end());
  if (std::none_of(predictions.begin(), predictions.end(),
                   [&](const std::string& p) { return classes.contains(p); })) {
    throw DataError(
        "{}: no prediction is one of the labels: '{}' against '{}' (hint: names in one file and "
        "indices in the other?)",
        file.string(), printable(predictions.front(), 40), printable(labels.front(), 40));
  }
  std::vector<bool> right;
  for (size_t i = 0; i < labels.size(); ++i) right.push_back(labels[i] == predictions[i]);
  return right;
}

}  // namespace eida

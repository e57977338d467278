#include "eida/metrics/text_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <unordered_map>

#include "eida/core/error.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "text_table.h"
#include "unicode.h"

namespace eida {
namespace {

namespace fs = std::filesystem;
using namespace metrics;  // lines and tables

References group_lines(std::vector<std::string> lines) {
  References groups(1);
  for (std::string& line : lines) {
    if (line.empty()) {
      groups.emplace_back();
    } else {
      groups.back().push_back(std::move(line));
    }
  }
  if (groups.back().empty()) groups.pop_back();
  if (groups.size() != 1) return groups;
  References single;
  for (std::string& text : groups.front()) single.push_back({std::move(text)});
  return single;
}

void append(std::vector<std::string>& texts, const TextRow& row) {
  texts.insert(texts.end(), row.texts.begin(), row.texts.end());
}

/// Rows in a row with the same source are one item; without sources each row is one.
References group_rows(const std::vector<TextRow>& rows) {
  References groups;
  const TextRow* last = nullptr;
  for (const TextRow& row : rows) {
    const bool same = row.source && last != nullptr && last->source == row.source;
    if (!same) groups.emplace_back();
    append(groups.back(), row);
    last = &row;
  }
  return groups;
}

References look_up(const std::vector<TextRow>& rows, const std::vector<std::string>& sources,
                   const std::string& file) {
  std::unordered_map<std::string_view, std::vector<std::string>> by_source;
  for (const TextRow& row : rows) append(by_source[*row.source], row);
  References groups;
  for (size_t i = 0; i < sources.size(); ++i) {
    const auto found = by_source.find(sources[i]);
    if (found == by_source.end()) {
      throw DataError("{}: has no reference for the source of prediction {}: '{}'", file, i + 1,
                      printable(sources[i]));
    }
    groups.push_back(found->second);
  }
  return groups;
}

std::vector<std::string> table_labels(const std::vector<std::string>& lines, const fs::path& file,
                                      const std::string& column, bool tabs) {
  RowReader reader{file, lines, tabs ? '\t' : ',', !tabs, true};  // TSV has no quotes
  std::vector<std::string> fields;
  reader.read(fields);
  const auto found = std::find_if(fields.begin(), fields.end(), [&](const std::string& name) {
    return to_lower(strip(name)) == column;
  });
  if (found == fields.end()) {
    throw DataError("{}: has no column '{}', there are {}", place_of(file, 0), column,
                    printable(fmt::format("{}", fmt::join(fields, ", "))));
  }
  const auto position = static_cast<size_t>(found - fields.begin());
  std::vector<std::string> labels;
  while (reader.read(fields)) labels.emplace_back(strip(fields[position]));
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

Predictions read_predictions(const fs::path& file) {
  Predictions predictions;
  if (format_of(file) == TextFormat::kPlain) {
    predictions.texts = read_text_lines(file);
    return predictions;
  }
  for (TextRow& row : read_text_table(file, TextRole::kPrediction)) {
    predictions.texts.push_back(std::move(row.texts.front()));
    if (row.source) predictions.sources.push_back(std::move(*row.source));
  }
  return predictions;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const std::string_view part : split_lines(strip(text))) {
    if (!line.empty()) line += ' ';
    line += part;
  }
  return line;
}

References read_references(const fs::path& file, const Predictions& predictions) {
  const std::string name = file.string();
  References groups;
  if (format_of(file) != TextFormat::kPlain) {
    const std::vector<TextRow> rows = read_text_table(file, TextRole::kReference);
    const bool by_source = rows.front().source && !predictions.sources.empty();
    groups = by_source ? look_up(rows, predictions.sources, name) : group_rows(rows);
  } else {
    groups = group_lines(read_text_lines(file));
  }
  if (groups.size() != predictions.texts.size()) {
    throw DataError("{}: holds references for {} items, but there are {} predictions", name,
                    groups.size(), predictions.texts.size());
  }
  for (size_t i = 0; i < groups.size(); ++i) {
    if (groups[i].empty()) {
      throw DataError("{}: item {} has no reference (hint: two empty lines in a row?)", name,
                      i + 1);
    }
  }
  return groups;
}

std::vector<std::string> read_labels(const fs::path& file, const std::string& column) {
  const std::vector<std::string> lines = read_text_lines(file, LineEnds::kFeed);
  const TextFormat format = format_of(file);
  std::vector<std::string> labels;
  if (format == TextFormat::kTabs || format == TextFormat::kCommas) {
    labels = table_labels(lines, file, column, format == TextFormat::kTabs);
  } else if (format == TextFormat::kJsonLines) {
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
  if (std::ranges::none_of(predictions, [&](const auto& p) { return classes.contains(p); })) {
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

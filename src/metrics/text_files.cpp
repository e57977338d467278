#include "eida/metrics/text_files.h"

#include <unordered_map>

#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "text_table.h"
#include "unicode.h"

namespace eida {
namespace {

using metrics::TextRole;
using metrics::TextRow;
using metrics::TextTable;

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
References group_rows(const TextTable& table) {
  References groups;
  const TextRow* last = nullptr;
  for (const TextRow& row : table.rows) {
    const bool same = table.has_sources && last != nullptr && last->source == row.source;
    if (!same) groups.emplace_back();
    append(groups.back(), row);
    last = &row;
  }
  return groups;
}

References look_up(const TextTable& table, const std::vector<std::string>& sources,
                   const std::string& file) {
  std::unordered_map<std::string_view, std::vector<std::string>> by_source;
  for (const TextRow& row : table.rows) append(by_source[row.source], row);
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

}  // namespace

Predictions read_predictions(const std::filesystem::path& file) {
  Predictions predictions;
  if (!metrics::is_table_file(file)) {
    predictions.texts = metrics::read_text_lines(file);
    return predictions;
  }
  TextTable table = metrics::read_text_table(file, TextRole::kPrediction);
  for (TextRow& row : table.rows) {
    predictions.texts.push_back(std::move(row.texts.front()));
    if (table.has_sources) predictions.sources.push_back(std::move(row.source));
  }
  return predictions;
}

std::string one_line(std::string_view text) {
  std::string line;
  for (const std::string_view part : metrics::split_lines(metrics::strip(text))) {
    if (!line.empty()) line += ' ';
    line += part;
  }
  return line;
}

References read_references(const std::filesystem::path& file, const Predictions& predictions) {
  const std::string name = file.string();
  References groups;
  if (metrics::is_table_file(file)) {
    const TextTable table = metrics::read_text_table(file, TextRole::kReference);
    const bool by_source = table.has_sources && !predictions.sources.empty();
    groups = by_source ? look_up(table, predictions.sources, name) : group_rows(table);
  } else {
    groups = group_lines(metrics::read_text_lines(file));
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

}  // namespace eida

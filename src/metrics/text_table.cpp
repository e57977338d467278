#include "text_table.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "unicode.h"

namespace eida::metrics {
namespace {

namespace fs = std::filesystem;

bool starts_with_any(std::string_view name, std::initializer_list<const char*> starts) {
  return std::ranges::any_of(starts, [&](const char* start) { return name.starts_with(start); });
}

bool is_source_name(const std::string& column) {
  const std::string name = to_lower(column);
  return starts_with_any(name, {"mr", "src", "source", "meaning", "da"}) ||
         (name.starts_with("dial") && name.find("act") != std::string::npos);
}

bool is_text_name(const std::string& column, TextRole role) {
  const std::string name = to_lower(column);
  if (role == TextRole::kPrediction)
    return starts_with_any(name, {"out", "ref", "sys", "prediction"});
  return starts_with_any(name, {"trg", "tgt", "target", "ref", "human"});
}

/// What a table needs to know of its columns.
struct Columns {
  std::optional<size_t> source;
  size_t text = 0;
};

Columns find_columns(const std::vector<std::string>& names, TextRole role,
                     const std::string& where) {
  std::vector<size_t> sources, texts;
  for (size_t i = 0; i < names.size(); ++i) {
    if (is_source_name(names[i])) {
      sources.push_back(i);
    } else if (is_text_name(names[i], role)) {
      texts.push_back(i);
    }
  }
  if (texts.size() != 1 || sources.size() > 1) {
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + printable(name, 40);
    throw DataError(
        "{}: {} text columns and {} source columns among: {} (hint: the text is {}; the source mr, "
        "src, source, meaning…, da or dial…act)",
        where, texts.size(), sources.size(), list,
        role == TextRole::kPrediction ? "out…, ref…, sys… or prediction"
                                      : "trg, tgt, target, ref… or human…");
  }
  Columns columns;
  if (!sources.empty()) columns.source = sources.front();
  columns.text = texts.front();
  return columns;
}

/// Undoes the mixed-up encodings that files of the E2E challenge have.
void repair_encoding(std::string& line) {
  constexpr std::array<std::array<std::string_view, 2>, 4> kRepairs{
      {{"Ł", "£"}, {"Â£", "£"}, {"Ã©", "é"}, {"ã©", "é"}}};
  for (const auto& [wrong, right] : kRepairs) replace_all(line, wrong, right);
}

std::vector<TextRow> read_delimited(const fs::path& file, TextRole role) {
  std::vector<std::string> lines = read_text_lines(file);
  for (std::string& line : lines) repair_encoding(line);
  RowReader reader{file, lines};
  std::vector<std::string> fields;
  const auto read_row = [&] {
    while (reader.next < lines.size() && lines[reader.next].empty()) ++reader.next;
    return reader.read(fields);
  };
  const auto header = static_cast<size_t>(
      std::find_if(lines.begin(), lines.end(), [](const auto& line) { return !line.empty(); }) -
      lines.begin());
  if (lines[header].find('\t') != std::string::npos) reader.delimiter = '\t';
  read_row();
  const Columns columns = find_columns(fields, role, place_of(file, header));
  std::vector<TextRow> rows;
  while (read_row()) {
    TextRow& row = rows.emplace_back();
    if (columns.source) row.source = fields[*columns.source];
    row.texts.push_back(std::move(fields[columns.text]));
  }
  return rows;
}

std::string json_string(const nlohmann::json& value, const std::string& key,
                        const std::string& where) {
  if (!value.is_string()) {
    throw DataError("{}: '{}' is {}, wanted a string", where, printable(key, 40),
                    value.type_name());
  }
  return std::string(strip(value.get_ref<const std::string&>()));
}

TextRow json_row(const nlohmann::json& object, TextRole role, const std::string& where) {
  if (!object.is_object()) throw DataError("{}: {}, wanted an object", where, object.type_name());
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  const Columns columns = find_columns(names, role, where);
  TextRow row;
  if (columns.source) {
    const std::string& key = names[*columns.source];
    row.source = json_string(object.at(key), key, where);
  }
  const std::string& key = names[columns.text];
  const auto& value = object.at(key);
  if (role == TextRole::kReference && value.is_array()) {
    for (const auto& text : value) row.texts.push_back(json_string(text, key, where));
  } else {
    row.texts.push_back(json_string(value, key, where));
  }
  return row;
}

std::vector<TextRow> read_json_lines(const fs::path& file, TextRole role) {
  const std::vector<std::string> lines = read_text_lines(file, LineEnds::kFeed);
  std::vector<TextRow> rows;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].empty()) continue;
    const std::string where = place_of(file, i);
    rows.push_back(json_row(parse_json(lines[i], where), role, where));
    if (rows.back().source.has_value() != rows.front().source.has_value()) {
      throw DataError("{}: some rows have a source and some have none", where);
    }
  }
  return rows;
}

}  // namespace

std::vector<std::string> read_text_lines(const fs::path& file, LineEnds ends) {
  const std::string bytes = read_file(file);
  std::string_view text = bytes;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const size_t bad = find_invalid_utf8(text);
  if (bad != std::string_view::npos) {
    const auto line =
        1 + std::count(text.begin(), text.begin() + static_cast<ptrdiff_t>(bad), '\n');
    const size_t start = bad == 0 ? std::string_view::npos : text.rfind('\n', bad - 1);
    throw DataError(
        "{}:{}: byte {} is 0x{:02X}, which is not UTF-8 (hint: convert the file with iconv)",
        file.string(), line, bad - (start + 1), static_cast<unsigned char>(text[bad]));
  }
  std::vector<std::string> lines;
  bool some = false;
  for (const std::string_view line :
       ends == LineEnds::kPython ? split_lines(text) : lines_of(text)) {
    lines.emplace_back(strip(line));
    some = some || !lines.back().empty();
  }
  if (!some) throw DataError("{}: is empty", file.string());
  return lines;
}

std::string place_of(const fs::path& file, size_t index) {
  return fmt::format("{}:{}", file.string(), index + 1);
}

bool RowReader::read(std::vector<std::string>& fields) {
  if (next >= lines.size()) return false;
  const std::string where = place_of(file, next);
  fields.assign(1, "");
  bool at_start = true, quoted = false;
  do {
    const std::string& line = lines[next++];
    for (size_t k = 0; k < line.size(); ++k) {
      const char c = line[k];
      if (c == delimiter && !quoted) {
        fields.emplace_back();
        at_start = true;
        continue;
      }
      const bool doubled = quoted && line.compare(k, 2, "\"\"") == 0;
      if (doubled) ++k;
      if (quotes && c == '"' && (at_start || quoted) && !doubled) {
        quoted = !quoted;
      } else {
        fields.back() += c;
      }
      at_start = false;
    }
  } while (quoted && next < lines.size());
  constexpr const char* kUnclosed = "{}: a quoted field begins in this row and is never closed";
  if (quoted && must_close) throw DataError(kUnclosed, where);
  if (quoted) spdlog::warn(kUnclosed, where);
  if (columns == 0) columns = fields.size();
  if (fields.size() != columns)
    throw DataError("{}: {} fields, but the header has {}", where, fields.size(), columns);
  return true;
}

TextFormat format_of(const fs::path& file) {
  const std::string extension = to_lower(file.extension().string());
  if (extension == ".tsv") return TextFormat::kTabs;
  if (extension == ".csv") return TextFormat::kCommas;
  const bool json = extension == ".jsonl" || extension == ".ndjson";
  return json ? TextFormat::kJsonLines : TextFormat::kPlain;
}

std::vector<TextRow> read_text_table(const fs::path& file, TextRole role) {
  const bool json = format_of(file) == TextFormat::kJsonLines;
  auto rows = json ? read_json_lines(file, role) : read_delimited(file, role);
  if (rows.empty()) throw DataError("{}: has no rows", file.string());
  return rows;
}

}  // namespace eida::metrics

#include "row_parser.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "eida/core/csv.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

using Json = nlohmann::json;

std::vector<std::string> split_fields(bool comma, std::string_view row) {
  CsvFault fault;
  auto fields = split_csv_row(row, fault, comma ? ',' : '\t', comma);
  if (fault.what != nullptr) throw RowError(fault.what, fault.offset);
  return fields;
}

/// The task's columns of a file. \throws RowError two of them are one
Columns columns_of(const std::vector<std::string>& names, const ReaderOptions& options) {
  const Columns columns = options.task->columns(Header(names), options);
  using Pair = std::pair<std::optional<size_t>, std::optional<size_t>>;
  for (const auto& [one, other] :
       {Pair(columns.second, columns.first), Pair(columns.label, columns.first),
        Pair(columns.label, columns.second)}) {
    if (one && one == other) {
      throw RowError(
          fmt::format("column '{}' is chosen twice: each text and the label have one of "
                      "their own (hint: data.*_column)",
                      printable(names[*one])));
    }
  }
  return columns;
}

/// Message of nlohmann without its "[json.exception…]" prefix, on one line and bounded.
std::string short_message(const Json::exception& error) {
  std::string_view message = error.what();
  const size_t bracket = message.find("] ");
  if (bracket != std::string_view::npos) message.remove_prefix(bracket + 2);
  return printable(message, 200);
}

/// \throws RowError not JSON, not an object, a key there twice.
Json parse_object(std::string_view row) {
  std::unordered_set<std::string> keys;
  const auto check_keys = [&keys](int depth, Json::parse_event_t event, Json& value) {
    if (depth == 1 && event == Json::parse_event_t::key &&
        !keys.insert(value.get<std::string>()).second) {
      throw RowError(fmt::format("key '{}' is there twice", printable(value.get<std::string>())));
    }
    return true;
  };
  Json object;
  try {
    object = Json::parse(row.begin(), row.end(), check_keys);
  } catch (const Json::parse_error& error) {
    throw RowError("not JSON: " + short_message(error), error.byte > 0 ? error.byte - 1 : 0);
  } catch (const Json::exception& error) {
    throw RowError("not JSON: " + short_message(error));
  }
  if (object.is_array()) {
    throw RowError(
        "a JSON array, wanted one object a line (hint: jq -c '.[]' file.json > file.jsonl)");
  }
  if (!object.is_object())
    throw RowError(fmt::format("a JSON {}, wanted an object", object.type_name()));
  return object;
}

const Json& value_at(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) throw RowError(fmt::format("no key '{}'", printable(key)));
  return *found;
}

std::string text_of(const Json& object, const std::string& key) {
  const Json& value = value_at(object, key);
  if (value.is_string()) return value.get<std::string>();
  throw RowError(fmt::format("'{}' is {}, wanted a string", printable(key), value.type_name()));
}

std::string label_of(const Json& object, const std::string& key) {
  const Json& value = value_at(object, key);
  if (value.is_string()) return std::string(strip_ascii(value.get_ref<const std::string&>()));
  if (value.is_number_integer() || value.is_boolean()) return value.dump();
  throw RowError(fmt::format("'{}' is {}, wanted an integer, a string or a boolean", printable(key),
                             value.is_number() ? "a fraction" : value.type_name()));
}

RawRow parse_pair(std::string_view row) {
  constexpr std::string_view kBar = "||";
  row = strip_ascii(row);
  const size_t bar = row.find(kBar);
  if (bar == std::string_view::npos) throw RowError("no '||' between context and reference");
  if (row.find(kBar, bar + 1) != std::string_view::npos) {
    throw RowError("more than one '||'", row.find(kBar, bar + 1));
  }
  return {std::string(row.substr(0, bar)), std::string(row.substr(bar + kBar.size())), ""};
}

}  // namespace

RowParser make_delimited_parser(bool comma, std::string_view header, const ReaderOptions& options) {
  const std::vector<std::string> names = split_fields(comma, header);
  const Columns columns = columns_of(names, options);
  const auto parse = [=](std::string_view row) {
    auto fields = split_fields(comma, row);
    if (fields.size() != names.size()) {
      throw RowError(fmt::format("{} column{}, wanted {} ({})", fields.size(),
                                 fields.size() == 1 ? "" : "s", names.size(), quoted_list(names)));
    }
    RawRow raw;
    raw.first = std::move(fields[columns.first]);
    if (columns.second) raw.second = std::move(fields[*columns.second]);
    if (columns.label) raw.label = strip_ascii(fields[*columns.label]);
    return raw;
  };
  return {columns.second.has_value(), columns.label.has_value(), parse};
}

RowParser make_json_parser(std::string_view first_row, const ReaderOptions& options) {
  std::vector<std::string> names;
  const Json first = parse_object(first_row);
  for (const auto& item : first.items()) names.push_back(item.key());
  const Columns columns = columns_of(names, options);
  const auto parse = [=](std::string_view row) {
    const Json object = parse_object(row);
    RawRow raw;
    raw.first = text_of(object, names[columns.first]);
    if (columns.second) raw.second = text_of(object, names[*columns.second]);
    if (columns.label) raw.label = label_of(object, names[*columns.label]);
    return raw;
  };
  return {columns.second.has_value(), columns.label.has_value(), parse};
}

RowParser make_pair_parser() { return {true, false, parse_pair}; }

std::string_view strip_ascii(std::string_view text) {
  constexpr std::string_view kSpace = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace eida

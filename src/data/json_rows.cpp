#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "eida/core/utf8.h"
#include "row_error.h"
#include "row_parser.h"

namespace eida {
namespace {

using Json = nlohmann::json;

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

std::string text_of(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) throw RowError(fmt::format("no key '{}'", printable(key)));
  if (!found->is_string()) {
    throw RowError(fmt::format("'{}' is {}, wanted a string", printable(key), found->type_name()));
  }
  return found->get<std::string>();
}

std::string label_of(const Json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) throw RowError(fmt::format("no key '{}'", printable(key)));
  if (found->is_string()) return std::string(strip_ascii(found->get_ref<const std::string&>()));
  if (found->is_number_integer() || found->is_boolean()) return found->dump();
  throw RowError(fmt::format("'{}' is {}, wanted an integer, a string or a boolean", printable(key),
                             found->is_number() ? "a fraction" : found->type_name()));
}

class JsonParser : public RowParser {
 public:
  JsonParser(std::string_view first_row, const ReaderOptions& options) {
    std::vector<std::string> names;
    const Json object = parse_object(first_row);
    for (const auto& item : object.items()) names.push_back(item.key());
    const Columns columns = options.task->columns(Header(names), options);
    first_ = names[columns.first];
    if (columns.second) second_ = names[*columns.second];
    if (columns.label) label_ = names[*columns.label];
  }

  RawRow parse(std::string_view row) const override {
    const Json object = parse_object(row);
    RawRow raw;
    raw.first = text_of(object, first_);
    if (second_) raw.second = text_of(object, *second_);
    if (label_) raw.label = label_of(object, *label_);
    return raw;
  }
  bool has_second() const override { return second_.has_value(); }
  bool has_label() const override { return label_.has_value(); }

 private:
  std::string first_;
  std::optional<std::string> second_;
  std::optional<std::string> label_;
};

}  // namespace

std::unique_ptr<RowParser> make_json_parser(std::string_view first_row,
                                            const ReaderOptions& options) {
  return std::make_unique<JsonParser>(first_row, options);
}

}  // namespace eida

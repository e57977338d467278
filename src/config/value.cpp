#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <regex>
#include <set>
#include <string_view>

#include "declaration.h"
#include "eida/core/error.h"
#include "eida/core/utf8.h"
#include "eida/data/task.h"
#include "nearest.h"

namespace eida::config {
namespace fs = std::filesystem;
using nlohmann::json;
namespace {

/// A value as a message shows it: text in quotes, the rest as JSON.
std::string shown(const json& value) {
  if (value.is_string())
    return fmt::format("'{}'", printable(value.get_ref<const std::string&>(), 60));
  return printable(value.dump(-1, ' ', false, json::error_handler_t::replace), 60);
}

/// Checks the JSON value of one option.
class Checker {
 public:
  Checker(const Declaration& option, const json& value, const Origin& origin)
      : option_(option), value_(value), origin_(origin) {}

  /// What the field is to be set to.
  json run() const {
    if (value_.is_null() && option_.may_be_null()) return value_;
    if (value_.is_null()) fail(value_, "is not a value here", example());
    if (option_.field.type == Type::kLayers) return layers();
    return item_of(option_.field.type) == option_.field.type ? single(value_) : list();
  }

 private:
  [[noreturn]] void fail(const json& value, const std::string& what,
                         const std::string& hint) const {
    const std::string tail = hint.empty() ? "" : fmt::format(" (hint: {})", hint);
    throw ConfigError("{}: {} {}{}", origin_.where, shown(value), what, tail);
  }

  std::string example() const { return fmt::format("for example {}", value_of(option_).dump()); }

  /// A value that is no list, or an item of one.
  json single(const json& value) const {
    switch (item_of(option_.field.type)) {
      case Type::kFlag:
        if (!value.is_boolean()) fail(value, "is not true or false", "");
        return value;
      case Type::kWhole:
        return whole(value);
      case Type::kReal:
        return real(value);
      case Type::kPath:
        return path(value).string();
      default:
        return text(value);
    }
  }

  json list() const {
    if (!value_.is_array()) fail(value_, "is not a list", example());
    if (value_.size() < option_.min_items) {
      fail(value_,
           fmt::format("has {} items, at least {} are needed", value_.size(), option_.min_items),
           example());
    }
    if (value_.size() > option_.max_items) {
      fail(value_, fmt::format("has {} items, {} are allowed", value_.size(), option_.max_items),
           example());
    }
    json items = json::array();
    for (const json& item : value_) {
      items.push_back(single(item));
      const bool choice = option_.field.type == Type::kChoices;
      if (choice && std::count(value_.begin(), value_.end(), item) > 1)
        fail(item, "is there twice", "");
    }
    if (option_.increasing && !std::is_sorted(items.begin(), items.end(), std::less_equal<>()))
      fail(value_, "does not grow from item to item", example());
    return items;
  }

  json layers() const {
    if (value_ == "all") return value_;
    if (!value_.is_array())
      fail(value_, "is not all and not a list of layers", "for example [0, 1, 11]");
    json listed = json::array();
    for (const json& item : value_) listed.push_back(single(item));
    if (listed.empty()) fail(value_, "leaves no layer", "all, or for example [0, 1, 11]");
    if (std::set<json>(listed.begin(), listed.end()).size() < listed.size())
      fail(value_, "names a layer twice", "");
    return listed;
  }

  int64_t whole(const json& value) const {
    if (!value.is_number_integer()) fail(value, "is not a whole number", example());
    if (value.is_number_unsigned() && value.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) {
      fail(value, "is too large", "");
    }
    check_range(value, static_cast<double>(value.get<int64_t>()));
    return value.get<int64_t>();
  }

  double real(const json& value) const {
    if (!value.is_number()) fail(value, "is not a number", example());
    const double number = value.get<double>();
    if (!std::isfinite(number)) fail(value, "is not finite", example());
    check_range(value, number);
    return number;
  }

  void check_range(const json& value, double number) const {
    const auto& [min, max, open] = option_.range;
    if (number < min) fail(value, "is too small", fmt::format("at least {}", min));
    if (open && number == min) fail(value, "is too small", fmt::format("above {}", min));
    if (number > max) fail(value, "is too large", fmt::format("at most {}", max));
  }

  /// Relative to where the value came from, without a slash at its end.
  fs::path path(const json& value) const {
    const fs::path path = (origin_.folder / text(value)).lexically_normal();
    return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
  }

  std::string text(const json& value) const {
    if (!value.is_string()) {
      fail(value, "is not text",
           value.is_primitive() ? fmt::format("in quotes: \"{}\"", value.dump()) : "");
    }
    const std::string& given = value.get_ref<const std::string&>();
    if (given.empty())
      fail(value, "is empty", option_.may_be_null() ? "null says that there is none" : "");
    if (find_invalid_utf8(given) != std::string::npos) fail(value, "is not UTF-8", "");
    if (given.find('\0') != std::string::npos) fail(value, "holds a zero byte", "");
    check_choice(value, given);
    if (option_.pattern != nullptr &&
        (given.size() > 100 || !std::regex_match(given, std::regex(option_.pattern)))) {
      fail(value, "is not a choice", option_.pattern_help);
    }
    return given;
  }

  void check_choice(const json& value, const std::string& given) const {
    const auto& choices = option_.field.choices;
    const auto same = [&](const Choice& choice) { return choice.name == given; };
    if (choices.empty() || std::any_of(choices.begin(), choices.end(), same)) return;
    fail(value, "is not a choice", choice_hint(given, option_.choice_names()));
  }

  const Declaration& option_;
  const json& value_;
  const Origin& origin_;
};

/// A number when the whole text is one, else the text, which assign() then refuses by its type.
template <typename Number>
json number_or_text(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::string(text);
  return number;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

json list_from_text(std::string_view text, bool numbers) {
  text = trimmed(text);
  if (text.size() >= 2 && text.front() == '[' && text.back() == ']')
    text = trimmed(text.substr(1, text.size() - 2));
  json list = json::array();
  while (!text.empty()) {
    const size_t comma = std::min(text.find(','), text.size());
    const std::string_view item = trimmed(text.substr(0, comma));
    list.push_back(numbers ? number_or_text<int64_t>(item) : json(std::string(item)));
    if (comma + 1 == text.size())
      list.push_back("");  // a comma at the end: an empty item, refused later
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return list;
}

}  // namespace

void assign(const Declaration& option, const json& value, const Origin& origin) {
  option.field.set(option.field.at, Checker(option, value, origin).run());
}

json value_from_text(const Declaration& option, const std::string& text) {
  if (text == "null" && option.may_be_null()) return nullptr;
  const Type type = option.field.type, item = item_of(type);
  if (type == Type::kFlag && (text == "true" || text == "false")) return text == "true";
  if (type == Type::kLayers && trimmed(text) == "all") return "all";
  if (type != item) return list_from_text(text, item == Type::kWhole);
  if (type == Type::kWhole) return number_or_text<int64_t>(text);
  if (type == Type::kReal) return number_or_text<double>(text);
  return text;
}

std::vector<std::pair<std::string, json>> task_defaults(const Declaration& option) {
  std::vector<std::pair<std::string, json>> defaults;
  for (const auto& [task, name, help] : Choices<TaskName>::kAll) {
    for (const auto& [key, text] : task_of(task).defaults) {
      if (key != option.key) continue;
      const json value = value_from_text(option, text);
      const auto same = std::find_if(defaults.begin(), defaults.end(),
                                     [&](const auto& other) { return other.second == value; });
      if (same == defaults.end()) {
        defaults.emplace_back(name, value);
      } else {
        same->first += fmt::format(", {}", name);
      }
    }
  }
  return defaults;
}

json value_of(const Declaration& option) { return option.field.get(option.field.at); }

}  // namespace eida::config

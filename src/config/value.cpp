#include "value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <regex>
#include <string_view>

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

/// Sets the field of one option from a JSON value.
class Assigner {
 public:
  Assigner(const Declaration& option, const json& value, const Origin& origin)
      : option_(option), value_(value), origin_(origin) {}

  void run() {
    if (value_.is_null() && !option_.may_be_null()) fail(value_, "is not a value here", example());
    const auto assign_to = [this](const auto& field) {
      if constexpr (std::is_pointer_v<std::decay_t<decltype(field)>>) {
        set(*field);
      } else {
        set(field);
      }
    };
    std::visit(assign_to, option_.field);
  }

 private:
  [[noreturn]] void fail(const json& value, const std::string& what,
                         const std::string& hint) const {
    const std::string tail = hint.empty() ? "" : fmt::format(" (hint: {})", hint);
    throw ConfigError("{}: {} {}{}", origin_.where, shown(value), what, tail);
  }

  std::string example() const { return fmt::format("for example {}", value_of(option_).dump()); }

  void set(bool& field) {
    if (!value_.is_boolean()) fail(value_, "is not true or false", "");
    field = value_.get<bool>();
  }

  void set(int64_t& field) { field = whole(value_); }
  void set(double& field) { field = real(value_); }

  void set(std::optional<int64_t>& field) {
    field = value_.is_null() ? std::nullopt : std::optional(whole(value_));
  }
  void set(std::optional<double>& field) {
    field = value_.is_null() ? std::nullopt : std::optional(real(value_));
  }

  void set(std::string& field) { field = value_.is_null() ? "" : text(value_); }

  void set(fs::path& field) { field = value_.is_null() ? fs::path() : path(value_); }

  void set(std::vector<int64_t>& field) {
    std::vector<int64_t> items;
    for (const json& item : list()) items.push_back(whole(item));
    if (option_.increasing && !std::is_sorted(items.begin(), items.end(), std::less_equal<>())) {
      fail(value_, "does not grow from item to item", example());
    }
    field = std::move(items);
  }

  void set(const ChoiceField& field) {
    if (field.is_list) {
      for (const json& item : list()) {
        text(item);
        if (std::count(value_.begin(), value_.end(), item) > 1) fail(item, "is there twice", "");
      }
    } else if (!value_.is_null()) {
      text(value_);
    }
    field.set(field.field, value_);
  }

  void set(std::vector<fs::path>& field) {
    std::vector<fs::path> items;
    for (const json& item : list()) items.push_back(path(item));
    field = std::move(items);
  }

  void set(LayerChoice& field) {
    LayerChoice choice;
    choice.all = value_.is_string() && value_.get_ref<const std::string&>() == "all";
    if (!choice.all) {
      if (!value_.is_array())
        fail(value_, "is not all and not a list of layers", "for example [0, 1, 11]");
      for (const json& item : list()) choice.listed.push_back(whole(item));
      if (choice.listed.empty()) fail(value_, "leaves no layer", "all, or for example [0, 1, 11]");
      std::vector<int64_t> sorted = choice.listed;
      std::sort(sorted.begin(), sorted.end());
      if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end())
        fail(value_, "names a layer twice", "");
    }
    field = std::move(choice);
  }

  const json& list() const {
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
    return value_;
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
    if (number < option_.min) fail(value, "is too small", fmt::format("at least {}", option_.min));
    if (option_.min_open && number == option_.min)
      fail(value, "is too small", fmt::format("above {}", option_.min));
    if (number > option_.max) fail(value, "is too large", fmt::format("at most {}", option_.max));
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
    const auto& choices = option_.choices;
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

struct TextReader {
  std::string_view text;

  json operator()(bool*) const {
    if (text == "true") return true;
    if (text == "false") return false;
    return std::string(text);
  }
  json operator()(int64_t*) const { return number_or_text<int64_t>(text); }
  json operator()(double*) const { return number_or_text<double>(text); }
  json operator()(std::optional<int64_t>*) const { return number_or_text<int64_t>(text); }
  json operator()(std::optional<double>*) const { return number_or_text<double>(text); }
  json operator()(std::string*) const { return std::string(text); }
  json operator()(fs::path*) const { return std::string(text); }
  json operator()(std::vector<int64_t>*) const { return list_from_text(text, true); }
  json operator()(std::vector<fs::path>*) const { return list_from_text(text, false); }
  json operator()(LayerChoice*) const {
    return trimmed(text) == "all" ? json("all") : list_from_text(text, true);
  }
  json operator()(const ChoiceField& field) const {
    return field.is_list ? list_from_text(text, false) : json(std::string(text));
  }
};

struct Getter {
  template <typename T>
  json operator()(const T* field) const {
    return *field;
  }
  template <typename T>
  json operator()(const std::optional<T>* field) const {
    return field->has_value() ? json(**field) : json();
  }
  json operator()(const std::string* field) const { return field->empty() ? json() : json(*field); }
  json operator()(const fs::path* field) const {
    return field->empty() ? json() : json(field->string());
  }
  json operator()(const std::vector<fs::path>* field) const {
    json list = json::array();
    for (const fs::path& path : *field) list.push_back(path.string());
    return list;
  }
  json operator()(const LayerChoice* field) const {
    return field->all ? json("all") : json(field->listed);
  }
  json operator()(const ChoiceField& field) const { return field.get(field.field); }
};

}  // namespace

void assign(const Declaration& option, const json& value, const Origin& origin) {
  Assigner(option, value, origin).run();
}

json value_from_text(const Declaration& option, const std::string& text) {
  if (text == "null" && option.may_be_null()) return nullptr;
  return std::visit(TextReader{text}, option.field);
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

json value_of(const Declaration& option) { return std::visit(Getter{}, option.field); }

}  // namespace eida::config

#include "eida/core/json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

#include "eida/core/files.h"
#include "eida/core/utf8.h"

namespace eida {
namespace {

using nlohmann::json;

/// Where the parser is: it reads through iterators that count line ends.
struct Position {
  int line = 1;
  bool at_line_end = false;  ///< of what was read last: numbers are read a character too far
};

class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    position_->at_line_end = *at_ == '\n';
    if (position_->at_line_end) ++position_->line;
    ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Position* position_;
};

/// Builds the value from the parser's events.
class Builder : public nlohmann::json_sax<json> {
 public:
  Builder(const std::string& source, const JsonOptions& options, const Position& position)
      : source_(source), options_(options), position_(position) {}

  json take() { return std::move(root_); }

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& value) override {
    if (stack_.back().value->contains(value))
      fail(fmt::format("key '{}' is there twice", printable(value)));
    stack_.back().key = value;
    stack_.back().key_line = position_.line;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const json::exception& error) override {
    fail(shorten(error.what()));
  }

 private:
  struct Level {
    json* value;
    LineMap* lines;  ///< null where none are wanted
    std::string key;
    int key_line;
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw_error(options_.code, fmt::format("{}:{}: {}", source_, position_.line, what));
  }

  /// nlohmann's "[json.exception.…] parse error at line 1, column 2: …" without what we say
  /// ourselves.
  static std::string shorten(std::string_view what) {
    for (const std::string_view mark : {"] ", ": "}) {
      const size_t found = what.find(mark);
      if (found != std::string_view::npos) what.remove_prefix(found + mark.size());
    }
    return "is not valid JSON: " + printable(what, 200);
  }

  /// Where the line of the next value goes; null where none are wanted.
  LineMap* lines_of_next() const {
    if (stack_.empty() || options_.lines == nullptr) return options_.lines;
    const Level& level = stack_.back();
    return &level.lines->child(level.value->is_object() ? escape_json_pointer(level.key)
                                                        : std::to_string(level.value->size()));
  }

  int line_of(const json& value) const {
    if (!stack_.empty() && stack_.back().value->is_object()) return stack_.back().key_line;
    return value.is_number() && position_.at_line_end ? position_.line - 1 : position_.line;
  }

  json* place(json value, LineMap* lines) {
    if (lines != nullptr) lines->line = line_of(value);
    if (stack_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *stack_.back().value;
    if (parent.is_object()) return &(parent[stack_.back().key] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool add(json value) {
    place(std::move(value), lines_of_next());
    return true;
  }

  bool open(json value) {
    if (stack_.size() >= options_.max_depth)
      fail(fmt::format("is nested deeper than {}", options_.max_depth));
    LineMap* lines = lines_of_next();
    json* placed = place(std::move(value), lines);
    stack_.push_back({placed, lines, "", 0});
    return true;
  }

  bool close() {
    stack_.pop_back();
    return true;
  }

  const std::string& source_;
  const JsonOptions& options_;
  const Position& position_;
  json root_;
  std::vector<Level> stack_;
};

}  // namespace

std::string escape_json_pointer(std::string_view key) {
  std::string escaped(key);
  replace_all(escaped, "~", "~0");
  replace_all(escaped, "/", "~1");
  return escaped;
}

int LineMap::at(std::string_view pointer) const {
  if (pointer.empty()) return line;
  const size_t end = std::min(pointer.find('/', 1), pointer.size());
  const auto found = children_.find(pointer.substr(1, end - 1));
  return found == children_.end() ? 0 : found->second.at(pointer.substr(end));
}

void throw_error(ExitCode code, const std::string& message) {
  if (code == ExitCode::kConfig) throw ConfigError("{}", message);
  if (code == ExitCode::kData) throw DataError("{}", message);
  if (code == ExitCode::kFormat) throw FormatError("{}", message);
  if (code == ExitCode::kNumeric) throw NumericError("{}", message);
  throw Error(code, message);
}

json parse_json(std::string_view text, const std::string& source, const JsonOptions& options) {
  if (text.size() > options.max_bytes) {
    throw_error(options.code, fmt::format("{}: has {} bytes, more than the limit of {}", source,
                                          text.size(), options.max_bytes));
  }
  Position position;
  Builder builder(source, options, position);
  const char* begin = text.data();
  json::sax_parse(CountingIterator(begin, &position),
                  CountingIterator(begin + text.size(), &position), &builder);
  return builder.take();
}

json read_json(const std::filesystem::path& path, const JsonOptions& options) {
  return parse_json(read_file(path, options.max_bytes), path.string(), options);
}

nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

std::string json_text(const nlohmann::ordered_json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace eida

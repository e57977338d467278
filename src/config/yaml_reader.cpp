#include "yaml_reader.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <charconv>
#include <cmath>
#include <sstream>
#include <utility>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/utf8.h"

namespace eida::config {
namespace {

using nlohmann::json;

/// Plain scalars of the YAML 1.2 core schema, without hexadecimal and octal numbers and without
/// infinities.
json resolve_plain(const std::string& text) {
  if (text == "true" || text == "True" || text == "TRUE") return true;
  if (text == "false" || text == "False" || text == "FALSE") return false;
  const size_t digit = text.find_first_of("0123456789");
  if (digit > 2 || text.find_first_not_of("0123456789+-.eE") != std::string::npos) return text;
  const char* begin = text.data() + (text[0] == '+' ? 1 : 0);
  const char* end = text.data() + text.size();
  int64_t whole = 0;
  const auto as_whole = std::from_chars(begin, end, whole);
  if (as_whole.ec == std::errc() && as_whole.ptr == end) return whole;
  double real = 0;
  const auto as_real = std::from_chars(begin, end, real);
  if (as_real.ec == std::errc() && as_real.ptr == end && std::isfinite(real)) return real;
  return text;
}

/// Builds the value from the parser's events.
class Builder : public YAML::EventHandler {
 public:
  Builder(const std::string& source, LineMap& lines) : source_(source), lines_(lines) {}

  json take() { return std::move(root_); }

  [[noreturn]] void fail(const YAML::Mark& mark, const std::string& what) const {
    throw ConfigError("{}:{}: {}", source_, mark.line + 1, what);
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ > 0) fail(mark, "a second document begins here, one is allowed");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t) override { place(mark, nullptr); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    fail(mark, "aliases (*name) are not supported (hint: write the value again)");
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    check_tag(mark, tag);
    // "?" is the tag of plain scalars, "!" of quoted ones.
    const bool plain = tag == "?";
    if (expects_key()) return set_key(mark, value, plain);
    place(mark, plain ? resolve_plain(value) : json(value));
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, json::array());
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, json::object());
  }
  void OnSequenceEnd() override { stack_.pop_back(); }
  void OnMapEnd() override { stack_.pop_back(); }

 private:
  struct Level {
    json* value;
    LineMap* lines;
    std::string key = {};
    bool has_key = false;
    int key_line = 0;
  };

  void check_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") fail(mark, "tags (!name) are not supported");
  }

  bool expects_key() const {
    return !stack_.empty() && stack_.back().value->is_object() && !stack_.back().has_key;
  }

  void set_key(const YAML::Mark& mark, const std::string& key, bool plain) {
    if (plain && key == "<<")
      fail(mark, "merge keys (<<) are not supported (hint: write the keys again)");
    Level& level = stack_.back();
    if (level.value->contains(key))
      fail(mark, fmt::format("key '{}' is there twice", printable(key)));
    level.key = key;
    level.has_key = true;
    level.key_line = mark.line + 1;
  }

  /// Puts a value that begins here into its place. \return the level of what it will hold
  Level place(const YAML::Mark& mark, json value) {
    if (expects_key()) fail(mark, "a key has to be text");
    Level placed{&root_, &lines_};
    int line = mark.line + 1;
    if (!stack_.empty() && stack_.back().value->is_array()) {
      const Level& list = stack_.back();
      placed = {&list.value->emplace_back(),
                &list.lines->child(std::to_string(list.value->size() - 1))};
    } else if (!stack_.empty()) {
      Level& map = stack_.back();
      placed = {&(*map.value)[map.key], &map.lines->child(escape_json_pointer(map.key))};
      line = map.key_line;
      map.has_key = false;
    }
    placed.lines->line = line;
    *placed.value = std::move(value);
    return placed;
  }

  void open(const YAML::Mark& mark, const std::string& tag, json value) {
    check_tag(mark, tag);
    if (stack_.size() >= kMaxConfigDepth)
      fail(mark, fmt::format("is nested deeper than {}", kMaxConfigDepth));
    stack_.push_back(place(mark, std::move(value)));
  }

  const std::string& source_;
  LineMap& lines_;
  json root_;
  std::vector<Level> stack_;
  int documents_ = 0;
};

}  // namespace

json read_yaml(std::string_view text, const std::string& source, LineMap& lines) {
  std::istringstream stream{std::string(text)};
  Builder builder(source, lines);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::ParserException& error) {
    builder.fail(error.mark, fmt::format("is not valid YAML: {}", error.msg));
  } catch (const YAML::Exception& error) {
    throw ConfigError("{}: is not valid YAML: {}", source, error.what());
  }
  return builder.take();
}

}  // namespace eida::config

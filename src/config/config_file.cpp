#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "declaration.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "nearest.h"
#include "yaml_reader.h"

namespace eida {
namespace fs = std::filesystem;
using config::Declaration;
using nlohmann::json;
namespace {

void check_utf8(std::string_view text, const std::string& source) {
  const size_t bad = find_invalid_utf8(text);
  if (bad == std::string_view::npos) return;
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(bad), '\n');
  throw ConfigError("{}:{}: is not UTF-8", source, line);
}

bool is_json(std::string_view text, const std::string& source) {
  if (fs::path(source).extension() == ".json") return true;
  const size_t first = text.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && text[first] == '{' && json::accept(text);
}

json parse(std::string_view text, const std::string& source, LineMap& lines) {
  if (text.size() > config::kMaxConfigBytes) {
    throw ConfigError("{}: has {} bytes, a configuration has at most {}", source, text.size(),
                      config::kMaxConfigBytes);
  }
  check_utf8(text, source);
  if (!is_json(text, source)) return config::read_yaml(text, source, lines);
  return parse_json(
      text, source,
      {.max_depth = config::kMaxConfigDepth, .code = ExitCode::kConfig, .lines = &lines});
}

/// Walks the value of one file and sets the options it names.
struct Reader {
  const std::string& source;
  const fs::path& folder;
  const LineMap& lines;
  const std::vector<Declaration>& all;
  KeySet& given;

  void read_group(const json& value, const std::string& pointer, const std::string& group) {
    for (const auto& [name, item] : value.items()) {
      const std::string key = group.empty() ? name : group + "." + name;
      const std::string item_pointer = pointer + "/" + escape_json_pointer(name);
      const std::string where =
          fmt::format("{}:{}: {}", source, lines.at(item_pointer), printable(key));
      if (const size_t dot = name.find('.');
          dot != std::string::npos && group.empty() && config::find(all, key)) {
        throw ConfigError("{}: is nested: write {} under {}:", where, name.substr(dot + 1),
                          name.substr(0, dot));
      }
      if (const Declaration* option = config::find(all, key)) {
        config::assign(*option, item, {where, folder});
        given.insert(key);
      } else if (group.empty() && is_group(name)) {
        if (item.is_null()) continue;  // a group with every key commented out
        if (!item.is_object()) throw ConfigError("{}: holds keys, not a single value", where);
        read_group(item, item_pointer, name);
      } else {
        throw ConfigError("{}: {}", where, config::unknown_key(key, all));
      }
    }
  }

  bool is_group(const std::string& name) const {
    return std::any_of(all.begin(), all.end(),
                       [&](const Declaration& d) { return d.key.starts_with(name + "."); });
  }
};

}  // namespace

void read_config_text(std::string_view text, const std::string& source, const fs::path& folder,
                      Config& config, KeySet& given) {
  LineMap lines;
  const json value = parse(text, source, lines);
  if (value.is_null()) return;
  if (!value.is_object()) throw ConfigError("{}:{}: is not a map of keys", source, lines.at(""));
  const auto all = config::declare(config);
  Reader{source, folder, lines, all, given}.read_group(value, "", "");
}

void read_config_file(const fs::path& file, Config& config, KeySet& given) {
  const std::string text = read_file(file, config::kMaxConfigBytes);
  read_config_text(text, file.string(), file.parent_path(), config, given);
}

void set_key(const std::string& key, const std::string& value, const std::string& where,
             Config& config, KeySet& given) {
  const auto all = config::declare(config);
  const Declaration* option = config::find(all, key);
  if (option == nullptr) throw ConfigError("{}: {}", where, config::unknown_key(key, all));
  config::assign(*option, config::value_from_text(*option, value), {where, {}});
  given.insert(key);
}

}  // namespace eida

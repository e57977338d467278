#include "columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "eida/core/utf8.h"
#include "row_error.h"

namespace eida {
namespace {

using Names = std::vector<std::string>;

bool equal_ignoring_case(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

/// Looks names up in one file's header.
class Header {
 public:
  explicit Header(const Names& names) : names_(names) {}

  /// First of the alternatives that is there.
  std::optional<size_t> find(const Names& alternatives, bool ignore_case = false) const {
    for (const std::string& wanted : alternatives) {
      const auto same = [&](const std::string& name) {
        return ignore_case ? equal_ignoring_case(name, wanted) : name == wanted;
      };
      const auto found = std::find_if(names_.begin(), names_.end(), same);
      if (found == names_.end()) continue;
      if (std::find_if(found + 1, names_.end(), same) != names_.end()) {
        throw RowError(fmt::format("column '{}' is there twice", printable(wanted)));
      }
      return static_cast<size_t>(found - names_.begin());
    }
    return std::nullopt;
  }

  size_t require(const Names& alternatives, bool ignore_case = false) const {
    if (const auto found = find(alternatives, ignore_case)) return *found;
    throw RowError(fmt::format("no column {}; the file has {} (hint: is its first line a header?)",
                               fmt::join(quoted_each(alternatives), " or "), quoted_list(names_)));
  }

  const std::string& name(size_t index) const { return names_[index]; }

 private:
  static Names quoted_each(const Names& names) {
    Names quoted;
    for (const std::string& name : names) quoted.push_back(fmt::format("'{}'", printable(name)));
    return quoted;
  }
  const Names& names_;
};

Columns sst2_columns(const Header& header) {
  Columns columns;
  columns.first = header.require({"sentence"});
  // GLUE's test file: index, sentence.
  columns.label = header.find({"index"}) ? header.find({"label"}) : header.require({"label"});
  return columns;
}

Columns e2e_columns(const Header& header) {
  Columns columns;
  columns.first = header.require({"mr", "meaning_representation"}, true);
  columns.second = header.find({"ref", "human_reference"}, true);
  return columns;
}

std::optional<size_t> named_or(const Header& header, const std::string& name,
                               const Names& defaults) {
  return name.empty() ? header.find(defaults) : header.require({name});
}

Columns classification_columns(const Header& header, const ReaderOptions& options) {
  Columns columns;
  const bool by_name = options.text_column.empty();
  columns.first =
      header.require(by_name ? Names{"sentence", "text", "sentence1"} : Names{options.text_column});
  const bool maybe_pair = by_name && header.name(columns.first) == "sentence1";
  columns.second =
      named_or(header, options.second_column, maybe_pair ? Names{"sentence2"} : Names{});
  columns.label = named_or(header, options.label_column, {"label"});
  return columns;
}

Columns prompt_columns(const Header& header, const ReaderOptions& options) {
  Columns columns;
  columns.first = header.require({options.text_column.empty() ? "prompt" : options.text_column});
  columns.second = named_or(header, options.second_column, {"completion"});
  return columns;
}

}  // namespace

Columns choose_columns(const ReaderOptions& options, const std::vector<std::string>& names) {
  const Header header(names);
  switch (options.task) {
    case TaskName::sst2:
      return sst2_columns(header);
    case TaskName::e2e:
      return e2e_columns(header);
    case TaskName::prompt:
      return prompt_columns(header, options);
    case TaskName::classification:
      break;
  }
  return classification_columns(header, options);
}

std::string quoted_list(const std::vector<std::string>& names) {
  constexpr size_t kMostShown = 12;
  std::string list;
  for (size_t i = 0; i < std::min(names.size(), kMostShown); ++i) {
    list += fmt::format("{}'{}'", i == 0 ? "" : ", ", printable(names[i], 40));
  }
  if (names.size() > kMostShown) list += fmt::format(" and {} more", names.size() - kMostShown);
  return list;
}

}  // namespace eida

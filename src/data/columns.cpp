#include "columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "eida/core/utf8.h"

namespace eida {
namespace {

using Names = Header::Names;

bool equal_ignoring_case(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](unsigned char x, unsigned char y) {
    return std::tolower(x) == std::tolower(y);
  });
}

}  // namespace

std::optional<size_t> Header::find(const Names& alternatives, bool ignore_case) const {
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

size_t Header::require(const Names& alternatives, bool ignore_case) const {
  if (const auto found = find(alternatives, ignore_case)) return *found;
  std::string wanted;
  for (const std::string& name : alternatives)
    wanted += fmt::format("{}'{}'", wanted.empty() ? "" : " or ", printable(name));
  throw RowError(fmt::format("no column {}; the file has {} (hint: is its first line a header?)",
                             wanted, quoted_list(names_)));
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

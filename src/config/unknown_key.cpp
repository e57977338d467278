#include "unknown_key.h"

#include <fmt/format.h>

#include <algorithm>

#include "nearest.h"

namespace eida::config {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// Last part of a key: the same name may live in another group.
std::string leaf(const std::string& key) { return key.substr(key.rfind('.') + 1); }

std::string find_near(const std::string& key, const std::vector<Declaration>& all) {
  std::vector<std::string> keys, elsewhere;
  for (const Declaration& option : all) {
    keys.push_back(option.key);
    if (leaf(option.key) == leaf(key)) elsewhere.push_back(option.key);
  }
  return elsewhere.size() == 1 ? elsewhere.front() : nearest(key, keys);
}

}  // namespace

std::string unknown_key(const std::string& key, const std::vector<Declaration>& all) {
  const std::string near = find_near(key, all);
  if (!near.empty()) return fmt::format("is not a key (hint: did you mean {}?)", near);
  const std::string group = key.substr(0, key.find('.'));
  std::vector<std::string> members, groups;
  for (const Declaration& option : all) {
    add_once(groups, option.group());
    if (option.group() == group && option.key != group) members.push_back(leaf(option.key));
  }
  if (members.empty()) {
    const std::string near_group = nearest(group, groups);
    if (!near_group.empty())
      return fmt::format("is not a key (hint: did you mean {}?)", near_group);
    return fmt::format("is not a key (hint: there are {})", fmt::join(groups, ", "));
  }
  return fmt::format("is not a key (hint: {} has {})", group, fmt::join(members, ", "));
}

}  // namespace eida::config

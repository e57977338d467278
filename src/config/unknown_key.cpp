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

/// Names that flags have in transformers' scripts, PEFT's and others, dashes for underscores; the
/// first of ours that the program has is meant.
struct ForeignFlag {
  const char* name;
  std::vector<std::string> ours;
};

const std::vector<ForeignFlag>& foreign_flags() {
  static const std::vector<ForeignFlag> all = {
      {"--learning-rate", {"--lr"}},
      {"--epochs", {"--rounds"}},
      {"--num-train-epochs", {"--rounds"}},
      {"--per-device-train-batch-size", {"--batch-size"}},
      {"--per-gpu-train-batch-size", {"--batch-size"}},
      {"--max-seq-length", {"--max-length"}},
      {"--num-beams", {"--beams"}},
      {"--fp16", {"--precision"}},
      {"--bf16", {"--precision"}},
      {"--dtype", {"--precision"}},
      {"--model-name-or-path", {"--model"}},
      {"--task-name", {"--task"}},
      {"--out", {"--output"}},
      {"--output-dir", {"--output"}},
      {"--overwrite-output-dir", {"--overwrite"}},
      {"--resume-from-checkpoint", {"--resume"}},
      {"--train", {"--data"}},
      {"--train-file", {"--train"}},
      {"--dev", {"--data", "--train"}},
      {"--eval", {"--dev", "--data"}},
      {"--test", {"--data", "--dev"}},
      {"--data", {"--train"}},
      {"--validation-file", {"--dev", "--data"}},
      {"--test-file", {"--data", "--dev"}},
  };
  return all;
}

}  // namespace

std::string near_flag(const std::string& flag, const std::vector<std::string>& known) {
  std::string dashed = flag;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  const auto is_known = [&](const std::string& name) {
    return std::find(known.begin(), known.end(), name) != known.end();
  };
  if (is_known(dashed)) return dashed;
  for (const ForeignFlag& foreign : foreign_flags()) {
    if (foreign.name != dashed) continue;
    const auto meant = std::find_if(foreign.ours.begin(), foreign.ours.end(), is_known);
    if (meant != foreign.ours.end()) return *meant;
  }
  return nearest(flag, known);
}

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

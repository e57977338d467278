#include "nearest.h"

#include <fmt/format.h>

#include <algorithm>

namespace eida::config {
namespace {

constexpr size_t kLongest = 64;  // nothing longer is a typing error of a name of ours

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

/// Our flags and what transformers' scripts, PEFT's and others call them, dashes for underscores.
/// One name may stand for flags of different programs.
const std::vector<std::pair<std::string, std::vector<std::string>>> kForeignFlags = {
    {"--lr", {"--learning-rate"}},
    {"--rounds", {"--epochs", "--num-train-epochs"}},
    {"--batch-size", {"--per-device-train-batch-size", "--per-gpu-train-batch-size"}},
    {"--max-length", {"--max-seq-length"}},
    {"--beams", {"--num-beams"}},
    {"--precision", {"--fp16", "--bf16", "--dtype"}},
    {"--model", {"--model-name-or-path"}},
    {"--task", {"--task-name"}},
    {"--output", {"--out", "--output-dir"}},
    {"--overwrite", {"--overwrite-output-dir"}},
    {"--resume", {"--resume-from-checkpoint"}},
    {"--data", {"--train", "--dev", "--eval", "--test", "--validation-file", "--test-file"}},
    {"--train", {"--train-file", "--dev", "--data"}},
    {"--dev", {"--eval", "--test", "--validation-file", "--test-file"}}};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

size_t edit_distance(std::string_view a, std::string_view b) {
  // Rows i-2, i-1 and i of the usual table (optimal string alignment).
  std::vector<size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

std::string nearest(std::string_view given, const std::vector<std::string>& names) {
  if (given.size() > kLongest) return "";
  std::string best;
  size_t best_distance = std::max<size_t>(2, given.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t distance = edit_distance(given, name);
    if (distance < best_distance && distance < name.size()) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string choice_hint(std::string_view given, const std::vector<std::string>& names) {
  const std::string near = nearest(given, names);
  return fmt::format("{}one of {}", near.empty() ? "" : fmt::format("did you mean {}? ", near),
                     fmt::join(names, ", "));
}

std::string near_flag(const std::string& flag, const std::vector<std::string>& known) {
  std::string dashed = flag;
  std::replace(dashed.begin(), dashed.end(), '_', '-');
  if (contains(known, dashed)) return dashed;
  for (const auto& [ours, foreign] : kForeignFlags) {
    if (contains(known, ours) && contains(foreign, dashed)) return ours;
  }
  return nearest(flag, known);
}

std::string unknown_key(const std::string& key, const std::vector<Declaration>& all) {
  const std::string near = find_near(key, all);
  if (!near.empty()) return fmt::format("is not a key (hint: did you mean {}?)", near);
  const std::string group = key.substr(0, key.find('.'));
  std::vector<std::string> members, groups;
  for (const Declaration& option : all) {
    if (!contains(groups, option.group())) groups.push_back(option.group());
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

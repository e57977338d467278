/// Defaults that depend on other keys, and checks that concern several.
#include <algorithm>

#include "declaration.h"
#include "eida/config/schema.h"
#include "eida/core/error.h"
#include "eida/data/task.h"

namespace eida {
namespace {

std::vector<std::string> required_keys(Program program) {
  std::vector<std::string> keys;
  for (const config::Declaration& option : config::default_options()) {
    if (option.needed_by(program)) keys.push_back(option.key);
  }
  return keys;
}

void check_ranks(const RankOptions& ranks) {
  if (ranks.rule == RankRule::kPlan && ranks.plan.empty()) {
    throw ConfigError("ranks.plan: rule plan needs a file (hint: --rank-plan FILE)");
  }
  if (ranks.rule != RankRule::kPlan && !ranks.plan.empty()) {
    throw ConfigError("ranks.plan: has no use with ranks.rule {} (hint: ranks.rule plan)",
                      ranks.rule);
  }
  if (ranks.rule == RankRule::kBudget && !ranks.budget) {
    throw ConfigError(
        "ranks.budget: rule budget needs a number of parameters (hint: --set ranks.budget=150000)");
  }
  if (ranks.rule == RankRule::kThreshold && ranks.narrow >= ranks.wide) {
    throw ConfigError("ranks.narrow: {} is not below ranks.wide, {}", ranks.narrow, ranks.wide);
  }
}

void check_threshold_dims(const Config& config) {
  const auto& dims = config.subspace.dims;
  for (const int64_t k : {config.ranks.narrow, config.ranks.wide}) {
    if (config.ranks.rule != RankRule::kThreshold || std::count(dims.begin(), dims.end(), k) > 0)
      continue;
    throw ConfigError(
        "subspace.dims: lacks {}, which rule threshold compares (hint: add it, or set ranks.narrow "
        "and ranks.wide to two of the dims)",
        k);
  }
}

}  // namespace

void resolve_defaults(Config& config, const KeySet& given) {
  if (config.data.task) {
    const auto all = config::declare(config);
    for (const auto& [key, value] : task_of(*config.data.task).defaults) {
      const config::Declaration& option = *config::find(all, key);
      if (!given.contains(key))
        config::assign(option, config::value_from_text(option, value), {key, {}});
    }
  }
  if (!config.ranks.plan.empty() && !given.contains("ranks.rule"))
    config.ranks.rule = RankRule::kPlan;
}

void check_given(const Config& config, const std::vector<std::string>& keys) {
  Config copy = config;
  const auto all = config::declare(copy);
  for (const std::string& key : keys) {
    const config::Declaration& option = *config::find(all, key);
    if (!config::value_of(option).is_null()) continue;
    throw ConfigError("{}: is needed and not given (hint: {} {})", key, option.flag,
                      option.meta.empty() ? "NAME" : option.meta);
  }
}

void check_config(const Config& config, Program program) {
  check_given(config, required_keys(program));
  check_ranks(config.ranks);
  if (program == Program::kProbe) check_threshold_dims(config);
}

}  // namespace eida

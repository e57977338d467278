#include "eida/run/earlier_run.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <string>

#include "eida/config/schema.h"
#include "eida/core/error.h"

namespace eida {
namespace fs = std::filesystem;
namespace {

/// The configuration that a run of the program has left in its folder. \throws ConfigError
Config read_config_of(const fs::path& file, Program program) {
  Config config;
  KeySet given;
  read_config_file(file, config, given);
  if (dump_yaml(config, program, given) != dump_yaml(config, program)) {
    throw ConfigError("--resume: {}: a run of another program than {} (hint: another --output)",
                      file.string(), program_name(program));
  }
  resolve_defaults(config, given);
  return config;
}

/// A line of a dump: "  lr: 0.0002" below "train:".
struct DumpLine {
  std::string key, value;

  /// \param group the last line that was not indented
  DumpLine(const std::string& line, const std::string& group) {
    const size_t colon = line.find(':');
    const bool nested = line.starts_with("  ");
    key = nested ? group + "." + line.substr(2, colon - 2) : line.substr(0, colon);
    value = colon + 2 < line.size() ? line.substr(colon + 2) : "";
  }
};

/// What may change between a run and its resumption: it decides no result, but for rounding.
bool may_change(const std::string& key) {
  return key == "run.threads" || key == "run.memory_limit" || key == "run.output";
}

/// Files that may lie elsewhere, as SHA-256 tells whether they are the same.
bool may_move(const std::string& key) {
  constexpr std::array kFiles = {"model.path", "model.adapters", "data.train",
                                 "data.dev",   "data.test",      "ranks.plan"};
  return std::ranges::find(kFiles, key) != kFiles.end();
}

/// \return false where the run got more rounds, or files that may have moved. \throws ConfigError
bool check_same_configuration(const Config& before, const Config& now, Program program,
                              const fs::path& file) {
  std::istringstream was(dump_yaml(before, program)), is(dump_yaml(now, program));
  std::string old_line, line, group;
  bool same = true;
  while (std::getline(was, old_line) && std::getline(is, line)) {
    if (!line.starts_with(' ')) group = line.substr(0, line.find(':'));
    if (old_line == line) continue;
    const DumpLine old_value(old_line, group), value(line, group);
    if (may_change(value.key)) continue;
    same = false;
    const bool longer = value.key == "rounds" && now.rounds > before.rounds &&
                        before.train.schedule != Schedule::kGlobal;
    const bool moved = may_move(value.key) && old_value.value != "null" && value.value != "null";
    if (longer || moved) continue;
    throw ConfigError("--resume: {}: {} was '{}', is '{}' (hint: --config {}, or --overwrite)",
                      file.string(), value.key, old_value.value, value.value, file.string());
  }
  return same;
}

}  // namespace

EarlierRun find_earlier_run(const fs::path& folder, const Config& config, Program program) {
  const fs::path file = folder / "config.yaml";
  if (!fs::exists(file)) return EarlierRun::kNone;
  const bool same = check_same_configuration(read_config_of(file, program), config, program, file);
  const bool ended = fs::exists(folder / "manifest.json") && !fs::exists(folder / "INCOMPLETE");
  return ended && same ? EarlierRun::kFinished : EarlierRun::kUnfinished;
}

}  // namespace eida

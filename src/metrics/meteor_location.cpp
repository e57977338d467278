#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <string>
#include <vector>

#include "eida/core/error.h"
#include "eida/core/installation.h"
#include "eida/core/system_info.h"
#include "eida/metrics/meteor.h"
#include "meteor_data.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

bool has_sources(const fs::path& folder) {
  std::error_code ignored;
  return !folder.empty() && fs::exists(folder / meteor::kJar, ignored) &&
         fs::exists(folder / meteor::kTable, ignored);
}

/// METEOR's folder of the PyPI package, as scripts/setup.sh or pip puts it; empty: it is not there.
fs::path installed_folder() { return find_installed("meteor", "pycocoevalcap/meteor"); }

fs::path index_folder(const fs::path& wanted, const fs::path& installed) {
  if (!wanted.empty()) return wanted;
  const std::string named = environment("EIDA_METEOR_DATA");
  return named.empty() ? installed : fs::path(named);
}

/// The index, if it is there, sound, and made from the sources at hand.
std::shared_ptr<const MeteorData> open_index(const fs::path& index, const fs::path& sources) {
  std::error_code ignored;
  if (!fs::exists(index, ignored)) return nullptr;
  try {
    auto data = std::make_shared<const MeteorData>(index);
    if (sources.empty() || data->stamp() == meteor::source_stamp(sources)) return data;
    spdlog::info("{}: was made from other data", index.string());
  } catch (const DataError& error) {
    if (sources.empty()) throw;
    spdlog::warn("{}", error.what());
  }
  return nullptr;
}

}  // namespace

std::shared_ptr<const MeteorData> open_meteor_data(const fs::path& wanted) {
  return meteor::open_data(wanted, installed_folder());
}

std::shared_ptr<const MeteorData> meteor::open_data(const fs::path& wanted,
                                                    const fs::path& installed) {
  const fs::path folder = index_folder(wanted, installed);
  const fs::path sources = has_sources(folder)      ? folder
                           : has_sources(installed) ? installed
                                                    : fs::path();
  std::vector<fs::path> places;
  if (!folder.empty()) places.push_back(folder / kIndexName);
  // Environments may be read-only; a folder that was asked for is the one.
  const fs::path cache = user_cache() / "eida";
  if (folder == installed) places.push_back(cache / kIndexName);
  for (const fs::path& index : places) {
    if (auto data = open_index(index, sources)) return data;
  }
  if (sources.empty()) {
    throw DataError(
        "METEOR needs {} and {} of the PyPI package pycocoevalcap; {} (hint: run scripts/setup.sh, "
        "or pip install --no-deps pycocoevalcap==1.2 and let EIDA_METEOR_DATA name its folder "
        "pycocoevalcap/meteor)",
        kJar, kTable,
        folder.empty() ? "it is not installed"
                       : fmt::format("'{}' does not hold them", folder.string()));
  }
  std::string faults;
  for (const fs::path& index : places) {
    std::error_code ignored;  // a folder that is not there is a fault of writing
    if (index.parent_path() == cache) fs::create_directories(cache, ignored);
    spdlog::info("making {} from {}, once; this takes some seconds", index.string(),
                 sources.string());
    try {
      convert_meteor_data(sources, index);
      return std::make_shared<const MeteorData>(index);
    } catch (const DataError& error) {
      faults += (faults.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  throw DataError(
      "METEOR's index could not be made: {} (hint: EIDA_METEOR_DATA may name another folder to "
      "keep {} in)",
      faults, kIndexName);
}

}  // namespace eida

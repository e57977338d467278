#include "eida/core/installation.h"

#include <dlfcn.h>

#include <algorithm>
#include <string>
#include <vector>

#include "eida/core/system_info.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

/// The folder itself and those above it, at most three.
std::vector<fs::path> folders_above(const fs::path& folder) {
  std::vector<fs::path> all;
  for (fs::path at = folder; all.size() < 3 && at.has_relative_path(); at = at.parent_path())
    all.push_back(at);
  return all;
}

/// The site-packages that `inside` lies in; empty: none.
fs::path site_packages_around(const fs::path& inside) {
  for (fs::path at = inside; at.has_relative_path(); at = at.parent_path()) {
    if (at.filename() == "site-packages") return at;
  }
  return {};
}

/// lib/python3.*/site-packages of the environment that the variable names.
std::vector<fs::path> site_packages_of(const char* variable) {
  std::vector<fs::path> all;
  const fs::path folder = environment(variable);
  if (folder.empty()) return all;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder / "lib", ignored)) {
    if (entry.path().filename().string().starts_with("python3"))
      all.push_back(entry.path() / "site-packages");
  }
  std::sort(all.begin(), all.end());
  return all;
}

std::vector<fs::path> site_packages(const fs::path& library) {
  std::vector<fs::path> all = {site_packages_around(library)};
  std::error_code ignored;
  for (const fs::path& folder : folders_above(library))
    all.push_back(site_packages_around(fs::canonical(folder / "libtorch", ignored)));
  for (const char* variable : {"VIRTUAL_ENV", "CONDA_PREFIX"}) {
    const auto active = site_packages_of(variable);
    all.insert(all.end(), active.begin(), active.end());
  }
  std::erase(all, fs::path());
  return all;
}

}  // namespace

fs::path expand_home(const std::string& path) {
  if (path == "~" || path.starts_with("~/")) return fs::path(environment("HOME") + path.substr(1));
  return path;
}

fs::path user_cache() {
  const std::string cache = environment("XDG_CACHE_HOME");
  return expand_home(cache.empty() ? "~/.cache" : cache);
}

fs::path library_folder() {
  static const char kInside = 0;
  Dl_info info{};
  if (::dladdr(&kInside, &info) == 0 || info.dli_fname == nullptr) return {};
  std::error_code ignored;
  return fs::canonical(info.dli_fname, ignored).parent_path();
}

fs::path find_installed(const fs::path& shared, const fs::path& packaged, const fs::path& library) {
  std::error_code ignored;
  for (const fs::path& folder : folders_above(library)) {
    const fs::path found = folder / "share" / "eida" / shared;
    if (fs::exists(found, ignored)) return fs::canonical(found, ignored);
  }
  for (const fs::path& folder : site_packages(library)) {
    if (fs::path found = folder / packaged; fs::exists(found, ignored)) return found;
  }
  return {};
}

}  // namespace eida

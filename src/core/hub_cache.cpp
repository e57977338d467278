#include "eida/core/hub_cache.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>

#include "eida/core/system_info.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

/// "~/x" as a shell reads it.
fs::path expand_home(const std::string& path) {
  if (path == "~" || path.starts_with("~/")) return fs::path(environment("HOME") + path.substr(1));
  return path;
}

bool is_name_part(std::string_view part) {
  constexpr size_t kLongest = 96;
  const auto is_plain = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  const auto is_allowed = [&](char c) { return is_plain(c) || c == '-' || c == '.'; };
  return !part.empty() && part.size() <= kLongest && is_plain(part.front()) &&
         is_plain(part.back()) && std::all_of(part.begin(), part.end(), is_allowed) &&
         part.find("--") == part.npos && part.find("..") == part.npos && !part.ends_with(".git");
}

}  // namespace

bool is_hub_name(const fs::path& path) {
  const std::string name = path.string();
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return is_name_part(name);
  const std::string_view text = name;
  return is_name_part(text.substr(0, slash)) && is_name_part(text.substr(slash + 1));
}

fs::path hub_cache() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string folder = environment(name); !folder.empty()) return expand_home(folder);
  }
  if (const std::string home = environment("HF_HOME"); !home.empty())
    return expand_home(home) / "hub";
  const std::string cache = environment("XDG_CACHE_HOME");
  return expand_home(cache.empty() ? "~/.cache" : cache) / "huggingface" / "hub";
}

fs::path local_model_folder(const fs::path& path) {
  std::error_code ignored;
  if (!is_hub_name(path) || fs::exists(path, ignored)) return path;
  std::string folder = "models--" + path.string();
  if (const size_t slash = folder.find('/'); slash != std::string::npos)
    folder.replace(slash, 1, "--");
  const fs::path model = hub_cache() / folder;
  std::string revision;
  std::ifstream(model / "refs" / "main") >> revision;
  const bool is_folder_name = !revision.empty() && revision.find('/') == std::string::npos;
  const fs::path snapshot = model / "snapshots" / revision;
  return is_folder_name && fs::is_directory(snapshot, ignored) ? snapshot : path;
}

}  // namespace eida

#include "eida/core/hub_cache.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <string_view>

#include "eida/core/installation.h"
#include "eida/core/system_info.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

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
  const std::string all = path.string(), name = all.substr(0, all.find('@'));
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return is_name_part(name);
  const std::string_view text = name;
  return is_name_part(text.substr(0, slash)) && is_name_part(text.substr(slash + 1));
}

std::string download_command(const fs::path& name) {
  std::string command = "hf download " + name.string();
  if (const size_t at = command.find('@'); at != std::string::npos)
    command.replace(at, 1, " --revision ");
  return command;
}

fs::path hub_cache() {
  for (const char* name : {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"}) {
    if (const std::string folder = environment(name); !folder.empty()) return expand_home(folder);
  }
  if (const std::string home = environment("HF_HOME"); !home.empty())
    return expand_home(home) / "hub";
  return user_cache() / "huggingface" / "hub";
}

fs::path local_model_folder(const fs::path& path) {
  std::error_code ignored;
  if (!is_hub_name(path) || fs::exists(path, ignored)) return path;
  const std::string name = path.string();
  const size_t at = name.find('@');
  std::string folder = "models--" + name.substr(0, at);
  if (const size_t slash = folder.find('/'); slash != std::string::npos)
    folder.replace(slash, 1, "--");
  const fs::path model = hub_cache() / folder;
  const std::string wanted = at == std::string::npos ? "main" : name.substr(at + 1);
  if (wanted.find("..") != std::string::npos) return path;
  std::string revision;  // of a branch or tag; else what is wanted is a revision itself
  if (!(std::ifstream(model / "refs" / wanted) >> revision)) revision = wanted;
  const bool is_folder_name =
      !revision.empty() && revision != "." && revision.find('/') == std::string::npos;
  const fs::path snapshot = model / "snapshots" / revision;
  return is_folder_name && fs::is_directory(snapshot, ignored) ? snapshot : path;
}

}  // namespace eida

/// Models by their name, in the cache that Hugging Face's tools keep. Nothing is downloaded.
#pragma once

#include <filesystem>
#include <string>

namespace eida {

/// Whether the path could be a name on the hub: NAME or ORGANISATION/NAME, of letters, digits and
/// -._, without "--" and "..". Source: huggingface_hub's validate_repo_id.
bool is_hub_name(const std::filesystem::path& path);

/// HF_HUB_CACHE, else HUGGINGFACE_HUB_CACHE, else hub/ in HF_HOME, else in huggingface/ of
/// XDG_CACHE_HOME, else of ~/.cache. Source: huggingface_hub's constants.
std::filesystem::path hub_cache();

/// The model's folder: the path itself where such a folder is there or it is no name; else the
/// snapshot that refs/main of the cache names; else the path, which is then nowhere.
std::filesystem::path local_model_folder(const std::filesystem::path& path);

}  // namespace eida

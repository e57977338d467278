/// Models by their name, in the cache that Hugging Face's tools keep. Nothing is downloaded.
#pragma once

#include <filesystem>
#include <string>

namespace eida {

/// Whether the path could be a name on the hub: NAME or ORGANISATION/NAME, of letters, digits and
/// -._, without "--" and "..", and behind it perhaps @REVISION. Source: huggingface_hub's
/// validate_repo_id.
bool is_hub_name(const std::filesystem::path& path);

/// The command that puts the model of this name into the cache.
std::string download_command(const std::filesystem::path& name);

/// Folder of the cache: $HF_HUB_CACHE, else $HUGGINGFACE_HUB_CACHE, else $HF_HOME/hub, else
/// huggingface/hub in $XDG_CACHE_HOME or ~/.cache. Source: huggingface_hub's constants.
std::filesystem::path hub_cache();

/// Folder of a model: the path itself where it exists or is no name on the hub; else the snapshot
/// of the cache that refs/main names, or refs/REVISION, or REVISION itself; else the path, which
/// does not exist then.
std::filesystem::path local_model_folder(const std::filesystem::path& path);

}  // namespace eida

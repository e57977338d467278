/// Finds files that are installed beside the library or in the Python environment around it, and
/// the user's own folders.
#pragma once

#include <filesystem>
#include <string>

namespace eida {

/// Folder of the library that this code is in; empty when the loader does not say.
std::filesystem::path library_folder();

/// A file or folder of the installation or build: `share/eida/SHARED` in the library's folder or up
/// to two folders above it; else `PACKAGED` in the site-packages of the environment that holds the
/// library or LibTorch (`libtorch` beside `share`), or of the active one (VIRTUAL_ENV,
/// CONDA_PREFIX). Every call looks anew: the build leaves no path in the library.
/// \return with links below share/eida followed; empty: not found
std::filesystem::path find_installed(const std::filesystem::path& shared,
                                     const std::filesystem::path& packaged,
                                     const std::filesystem::path& library = library_folder());

/// "~/x" as a shell reads it.
std::filesystem::path expand_home(const std::string& path);

/// The user's folder for what can be made again: $XDG_CACHE_HOME, else ~/.cache.
std::filesystem::path user_cache();

}  // namespace eida

/// Where files lie that come beside the library or with the Python environment around it.
#pragma once

#include <filesystem>

namespace eida {

/// Folder of the library that this code is in; empty when the loader does not say.
std::filesystem::path library_folder();

/// A file or folder of the installation or build, `share/eida/SHARED` beside the library's folder
/// or up to two folders above it; else `PACKAGED` in the site-packages of the environment that
/// holds the library or LibTorch (`libtorch` beside `share`), or of the active one (VIRTUAL_ENV,
/// CONDA_PREFIX). Looked up at every call: no path is known from when the library was built.
/// \return with links of share/eida followed; empty: it is in none of them.
std::filesystem::path find_installed(const std::filesystem::path& shared,
                                     const std::filesystem::path& packaged,
                                     const std::filesystem::path& library = library_folder());

}  // namespace eida

// Where Plotly's script is.
#include <dlfcn.h>

#include "eida/report/page.h"

namespace eida {
namespace {

namespace fs = std::filesystem;

/// Folder of the library that this function is in; empty when the loader does not say.
fs::path library_folder() {
  Dl_info info{};
  static const char kInside = 0;
  if (::dladdr(&kInside, &info) == 0 || info.dli_fname == nullptr) return {};
  return fs::path(info.dli_fname).parent_path();
}

}  // namespace

fs::path find_plotly() {
  std::error_code ignored;
  const fs::path installed = library_folder() / EIDA_DATA_FROM_LIB / "plotly.min.js";
  for (const fs::path& file : {installed, fs::path(EIDA_PLOTLY_JS)}) {
    if (!file.empty() && fs::is_regular_file(file, ignored)) return file;
  }
  return {};
}

}  // namespace eida

// The parts of a page that are files: made from page.css and page.js by the build.
#pragma once

#include <string_view>

namespace eida {

extern const std::string_view kPageStyle;   ///< page.css
extern const std::string_view kPageScript;  ///< page.js

}  // namespace eida

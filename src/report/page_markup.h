// Text and data made fit for HTML, and the parts of a page that are files.
#pragma once

#include <string>
#include <string_view>

#include "eida/report/figure.h"

namespace eida {

// Made from page.css and page.js by the build.
extern const std::string_view kPageStyle, kPageScript;

/// Text for an element or a quoted attribute: & < > " ' as references; bytes that are not UTF-8 and
/// control characters other than line end and tab as U+FFFD.
std::string escape_html(std::string_view text);

/// A figure as a panel that page.js draws: its data inside a <figure>.
std::string figure_panel(const Figure& figure);

}  // namespace eida

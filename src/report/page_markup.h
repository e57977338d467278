// Text and data made fit for HTML.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace eida {

/// Text for an element or a quoted attribute: & < > " ' as references; bytes that are not UTF-8 and
/// control characters other than line end and tab as U+FFFD.
std::string escape_html(std::string_view text);

/// JSON that may stand in a <script> element: ASCII, and no "<" that could end it.
std::string script_json(const nlohmann::ordered_json& json);

/// A picture as the address of an <img>: it stays apart from the page, and no script in it runs.
std::string svg_address(std::string_view svg);

}  // namespace eida

// One figure as a panel of a page.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "eida/core/json.h"
#include "eida/core/utf8.h"
#include "page_markup.h"

namespace eida {
namespace {

using Json = nlohmann::ordered_json;

Json numbers(const std::vector<double>& values) {
  Json list = Json::array();
  for (const double value : values) list.push_back(number_or_null(value));
  return list;
}

Json series_json(const Series& series) {
  return {{"name", series.name},        {"color", series.color},
          {"dashed", series.dashed},    {"points_only", series.points_only},
          {"x", numbers(series.x)},     {"y", numbers(series.y)},
          {"low", numbers(series.low)}, {"high", numbers(series.high)}};
}

/// What page.js reads.
Json figure_json(const Figure& figure) {
  const FigureOptions& options = figure.options();
  const auto bound = [](const std::optional<double>& value) {
    return value ? number_or_null(*value) : Json();
  };
  Json json = {{"x_label", options.x_label},     {"y_label", options.y_label},
               {"y_min", bound(options.y_min)},  {"y_max", bound(options.y_max)},
               {"integer_x", options.integer_x}, {"series", Json::array()}};
  for (const Series& series : figure.series()) json["series"].push_back(series_json(series));
  return json;
}

/// JSON that may stand in a <script> element: ASCII, and no "<" that could end it.
std::string script_json(const Json& json) {
  std::string text = json.dump(-1, ' ', true, Json::error_handler_t::replace);
  replace_all(text, "<", "\\u003c");
  return text;
}

}  // namespace

std::string figure_panel(const Figure& figure) {
  return fmt::format(
      "<figure class=\"panel\"><figcaption>{}</figcaption><div class=\"plot\"></div>"
      "<script type=\"application/json\">{}</script></figure>\n",
      escape_html(figure.options().title), script_json(figure_json(figure)));
}

}  // namespace eida

#include "page_panel.h"

#include <fmt/format.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "eida/core/files.h"
#include "eida/core/json.h"
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

std::string caption(const Figure& figure) {
  const FigureOptions& options = figure.options();
  std::string text = "<figcaption>" + escape_html(options.title);
  if (!options.legend_title.empty())
    text += fmt::format(" <span>{}</span>", escape_html(options.legend_title));
  return text + "</figcaption>";
}

}  // namespace

std::string interactive_panel(const Figure& figure) {
  return fmt::format(
      "<figure class=\"panel\">{}<div class=\"plot\"></div>"
      "<script type=\"application/json\">{}</script></figure>\n",
      caption(figure), script_json(figure_json(figure)));
}

std::string static_panel(const Figure& figure, const std::filesystem::path& folder) {
  const auto file = folder / fmt::format(".panel-{}.svg", ::getpid());
  if (!figure.write(file)) {
    return fmt::format(
        "<figure class=\"panel\">{}<p>This figure could not be drawn.</p></figure>\n",
        caption(figure));
  }
  const std::string address = svg_address(read_file(file));
  std::filesystem::remove(file);
  return fmt::format("<figure class=\"panel\">{}<img src=\"{}\" alt=\"{}\"></figure>\n",
                     caption(figure), address, escape_html(figure.options().title));
}

}  // namespace eida

// The page from top to bottom: head, header with navigation, sections, scripts.
#include "eida/report/page.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "eida/core/error.h"
#include "eida/core/files.h"
#include "eida/core/installation.h"
#include "eida/core/log.h"
#include "eida/core/system_info.h"
#include "eida/core/utf8.h"

namespace eida {

extern const std::string_view kPageStyle, kPageScript;  // page.css and page.js: page_assets.cpp.in

namespace {

constexpr uint64_t kLargestScript = uint64_t{32} << 20;

/// Nothing is loaded from anywhere, whatever the page holds.
constexpr const char* kPolicy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: "
    "blob:";

using Json = nlohmann::ordered_json;

/// One well-formed character.
std::string_view escape_character(std::string_view character) {
  constexpr std::string_view kSpecial = "&<>\"'";
  constexpr std::array<std::string_view, 5> kEscaped = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
  const auto byte = static_cast<unsigned char>(character.front());
  const size_t special = kSpecial.find(character.front());
  if (special != std::string_view::npos) return kEscaped[special];
  return (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F ? "\uFFFD" : character;
}

/// Text for an element or a quoted attribute: & < > " ' as references; bytes that are not UTF-8 and
/// control characters other than line end and tab as U+FFFD.
std::string escape_html(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  for (size_t i = 0, length = 1; i < text.size(); i += length) {
    const bool sound = code_point_at(text, i, length) != U'\uFFFD';
    escaped += sound ? escape_character(text.substr(i, length)) : "\uFFFD";
  }
  return escaped;
}

/// What is not finite becomes null when it is written.
Json series_json(const Series& series) {
  return {{"name", series.name},     {"color", series.color},
          {"dashed", series.dashed}, {"points_only", series.points_only},
          {"x", series.x},           {"y", series.y},
          {"low", series.low},       {"high", series.high}};
}

/// What page.js reads.
Json figure_json(const Figure& figure) {
  const FigureOptions& options = figure.options();
  const auto bound = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
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

/// A figure as a panel that page.js draws: its data inside a <figure>.
std::string figure_panel(const Figure& figure) {
  return fmt::format(
      "<figure class=\"panel\"><figcaption>{}</figcaption><div class=\"plot\"></div>"
      "<script type=\"application/json\">{}</script></figure>\n",
      escape_html(figure.options().title), script_json(figure_json(figure)));
}

/// Plotly's script, or "" with one line in the log.
std::string read_plotly(const std::filesystem::path& file) {
  std::string problem = "plotly.min.js was not found (hint: run scripts/setup.sh)";
  try {
    if (!file.empty()) {
      std::string script = read_file(file, kLargestScript);
      if (script.find("</script") == std::string::npos) return script;
      problem = file.string() + ": holds </script, which would end it";
    }
  } catch (const DataError& error) {
    problem = error.what();
  }
  warn_once(problem, "the report is written without its figures: " + problem);
  return "";
}

/// A SHA-256: shown by its beginning, so that it does not push other columns out of sight.
bool is_digest(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string cell(const std::string& text, const std::string& attribute) {
  if (is_digest(text))
    return fmt::format("<td{} title=\"{}\">{}…</td>", attribute, text, text.substr(0, 12));
  return fmt::format("<td{}>{}</td>", attribute, escape_html(text));
}

/// The class attribute of each column's cells: numbers, and sentences, which need room.
std::vector<std::string> column_attributes(const Table& table) {
  constexpr size_t kSentence = 24;
  std::vector<std::string> attributes;
  for (size_t i = 0; i < table.header().size(); ++i) {
    const bool sentences =
        std::any_of(table.cells().begin(), table.cells().end(), [&](const auto& row) {
          return row[i].size() > kSentence && row[i].find(' ') != std::string::npos;
        });
    const bool number = table.align()[i] == Align::kRight;
    attributes.emplace_back(number ? " class=\"number\"" : sentences ? " class=\"sentences\"" : "");
  }
  return attributes;
}

std::string table_head(const Table& table, const std::vector<std::string>& attributes) {
  std::string row = "<thead><tr>";
  for (size_t i = 0; i < table.header().size(); ++i) {
    row += fmt::format("<th scope=\"col\"{}><button type=\"button\">{}</button></th>",
                       attributes[i], escape_html(table.header()[i]));
  }
  return row + "</tr></thead>\n";
}

/// The argument as a POSIX shell reads it back.
std::string shell_word(const std::string& argument) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) return argument;
  return shell_quoted(argument);
}

std::string command_text(const std::vector<std::string>& arguments) {
  std::string text;
  for (const std::string& argument : arguments)
    text += (text.empty() ? "" : " ") + shell_word(argument);
  return text;
}

bool all_random(const std::string& weights) { return weights.starts_with("random"); }

Table input_table(const std::vector<InputFile>& inputs) {
  Table table({"file", "bytes", "SHA-256"}, {Align::kLeft, Align::kRight, Align::kLeft});
  for (const InputFile& input : inputs)
    table.add_row({input.path, grouped(static_cast<int64_t>(input.bytes)), input.sha256});
  return table;
}

}  // namespace

std::filesystem::path find_plotly() {
  return find_installed("plotly.min.js", "plotly/package_data/plotly.min.js");
}

Page::Page(PageOptions options) : options_(std::move(options)) {}

void Page::add_section(const std::string& heading, const std::string& text) {
  if (!headings_.empty()) add("</section>\n");
  headings_.push_back(heading);
  add(fmt::format("<section aria-labelledby=\"s{0}\"><h2 id=\"s{0}\">{1}</h2>\n", headings_.size(),
                  escape_html(heading)));
  if (!text.empty()) add_text(text);
}

void Page::add_text(const std::string& text) { add("<p>" + escape_html(text) + "</p>\n"); }

void Page::add_notice(const std::string& text) {
  add("<p class=\"notice\" role=\"note\">" + escape_html(text) + "</p>\n");
}

void Page::add_facts(const std::vector<std::pair<std::string, std::string>>& facts) {
  std::string list = "<dl>\n";
  for (const auto& [name, value] : facts) {
    list += fmt::format("<dt>{}</dt><dd>{}</dd>\n", escape_html(name), escape_html(value));
  }
  add(list + "</dl>\n");
}

void Page::add_table(const std::string& caption, const Table& table) {
  std::string markup = fmt::format(
      "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{0}\"><table>"
      "<caption>{0}</caption>\n",
      escape_html(caption));
  const std::vector<std::string> attributes = column_attributes(table);
  markup += table_head(table, attributes) + "<tbody>\n";
  for (const auto& row : table.cells()) {
    markup += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) markup += cell(row[i], attributes[i]);
    markup += "</tr>\n";
  }
  add(markup + "</tbody></table></div>\n");
}

void Page::add_figures(std::vector<Figure> figures) {
  add("<div class=\"panels\">\n");
  for (Figure& figure : figures) parts_.emplace_back(std::move(figure));
  add("</div>\n");
}

void Page::add_code(const std::string& text) {
  add("<div class=\"code\"><button type=\"button\" class=\"copy\">Copy</button><pre "
      "tabindex=\"0\"><code>" +
      escape_html(text) + "</code></pre></div>\n");
}

std::string Page::head() const {
  const std::string refresh =
      options_.refresh_seconds > 0
          ? fmt::format("<meta http-equiv=\"refresh\" content=\"{}\">\n", options_.refresh_seconds)
          : "";
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n{}<title>{}</title>\n"
      "<style>\n{}</style>\n</head>\n",
      kPolicy, refresh, escape_html(options_.title), kPageStyle);
}

std::string Page::header(bool interactive) const {
  std::string markup = fmt::format(
      "<body>\n<a class=\"skip\" href=\"#content\">Skip to the "
      "content</a>\n<header>\n<h1>{}</h1>\n",
      escape_html(options_.title));
  if (!options_.lead.empty()) markup += "<p>" + escape_html(options_.lead) + "</p>\n";
  markup += "<nav aria-label=\"Sections\"><ul>\n";
  for (size_t i = 0; i < headings_.size(); ++i) {
    markup += fmt::format("<li><a href=\"#s{}\">{}</a></li>\n", i + 1, escape_html(headings_[i]));
  }
  markup += "</ul></nav>\n";
  if (interactive) {
    markup +=
        "<label class=\"switch\"><input type=\"checkbox\" id=\"safe-colours\"> "
        "Colours safe for colour-blind readers, another dash and marker for each line</label>\n";
  }
  return markup + "</header>\n<main id=\"content\" tabindex=\"-1\">\n";
}

void Page::write(const std::filesystem::path& file, const std::filesystem::path& plotly) const {
  const bool figures = std::any_of(parts_.begin(), parts_.end(), [](const Part& part) {
    return std::holds_alternative<Figure>(part);
  });
  const std::string plotly_script = figures ? read_plotly(plotly) : "";
  const bool interactive = !plotly_script.empty();

  AtomicFile out(file);
  out.write(head() + header(interactive));
  if (figures && !interactive) {
    out.write(
        "<p class=\"notice\" role=\"note\">plotly.min.js was missing when this page was written, "
        "so "
        "its figures are left out. Their numbers are in the tables and in the files beside this "
        "page.</p>\n");
  }
  for (const Part& part : parts_) {
    if (const auto* markup = std::get_if<std::string>(&part)) {
      out.write(*markup);
    } else if (interactive) {
      out.write(figure_panel(std::get<Figure>(part)));
    }
  }
  if (!headings_.empty()) out.write("</section>\n");
  out.write(fmt::format("</main>\n<footer>Written by eida {}.</footer>\n", version()));
  if (interactive) out.write("<script>\n" + plotly_script + "\n</script>\n");
  out.write(fmt::format("<script>\n{}</script>\n</body>\n</html>\n", kPageScript));
  out.commit();
}

void add_weights_notice(Page& page, const std::string& weights, const std::string& consequence,
                        const std::vector<std::string>& random_tensors,
                        const std::string& head_consequence) {
  if (all_random(weights)) {
    page.add_notice(fmt::format("The weights are random ({}), not those of a trained model: {}",
                                weights, consequence));
  } else if (!random_tensors.empty()) {
    page.add_notice(fmt::format(
        "The classification head is random: the checkpoint has none, and {} come from the seed. {}",
        fmt::join(random_tensors, ", "), head_consequence));
  }
}

void add_repeats_notice(Page& page, int64_t repeats) {
  if (repeats > 2) return;
  page.add_notice(
      repeats == 2 ? "There were 2 repeats only: a 95 % interval is then 12.7 standard errors to "
                     "each side (Student's t), so wide bands say that little was repeated, not "
                     "that the curves vary. Five repeats give 2.8."
                   : "There was one repeat only: nothing says how far the curves would vary.");
}

std::string weights_text(const std::string& weights,
                         const std::vector<std::string>& random_tensors) {
  if (random_tensors.empty() || all_random(weights)) return weights;
  return fmt::format("{}; random, from the seed: {}", weights, fmt::join(random_tensors, ", "));
}

void add_reproduction(Page& page, const Manifest& manifest, const std::string& config) {
  page.add_section("How to reproduce",
                   "The same program, files, seed and number of threads give the same numbers.");
  page.add_code(command_text(manifest.command_line));
  std::vector<std::pair<std::string, std::string>> facts = {
      {"program", manifest.program + " " + manifest.version},
      {"source revision", manifest.git_revision}};
  if (!manifest.libtorch.empty()) {
    facts.insert(facts.end(), {{"LibTorch", manifest.libtorch},
                               {"device", manifest.device},
                               {"precision", manifest.precision},
                               {"threads", std::to_string(manifest.threads)},
                               {"seed", std::to_string(manifest.seed)}});
  }
  facts.emplace_back("started", utc_iso(manifest.start));
  page.add_facts(facts);
  if (!config.empty()) {
    page.add_text("The whole configuration; saved as a file, --config repeats the run with it.");
    page.add_code(config);
  }
  page.add_table("Files that were read", input_table(manifest.inputs));
}

}  // namespace eida
